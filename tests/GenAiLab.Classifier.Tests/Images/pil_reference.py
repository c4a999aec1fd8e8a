"""What PIL makes of images: decoded, scaled, and prepared as transformers' image processors do it.

Writes files into the folder named, and to standard output one JSON object a line that says what each is.
"""
import json
import math
import random
import struct
import sys
import zlib

from PIL import Image, ImageDraw, ImageOps

FOLDER = sys.argv[1]


def say(**line):
    print(json.dumps(line))


def write(name, data):
    with open(f"{FOLDER}/{name}", "wb") as file:
        file.write(data)
    return name


def picture(width, height, seed):
    random.seed(seed)
    image = Image.new("RGB", (width, height), (30, 60, 90))
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y = random.randrange(width), random.randrange(height)
        r = random.randrange(1, 1 + min(width, height) // 4)
        draw.ellipse([x - r, y - r, x + r, y + r], fill=tuple(random.randrange(256) for _ in range(3)))
    return image


def png16(name, colour_type, channels, width=61, height=47):
    """PIL writes no RGB of 16 bits."""
    random.seed(7)
    rows = b"".join(
        b"\0" + b"".join(struct.pack(">H", random.randrange(65536)) for _ in range(width * channels)) for _ in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    write(name, b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return name


def encoded(image):
    names = []

    def save(name, source=image, **options):
        source.save(f"{FOLDER}/{name}", **options)
        names.append(name)

    save("rgb.png")
    save("rgb.bmp")
    save("grey.png", image.convert("L"))
    save("grey-alpha.png", image.convert("LA"))
    save("black-and-white.png", image.convert("1"))
    save("palette.png", image.convert("P"))
    save("palette.gif", image.convert("P"))
    save("transparent.png", image.convert("P"), transparency=image.convert("P").getpixel((3, 3)))
    alpha = image.copy()
    alpha.putalpha(Image.linear_gradient("L").resize(image.size))
    save("alpha.png", alpha)
    save("alpha.webp", alpha, lossless=True, exact=True)
    save("lossless.webp", lossless=True)
    save("lossy.webp", quality=80)
    save("420.jpg", quality=75)
    save("422.jpg", quality=80, subsampling=1)
    save("444.jpg", quality=95, subsampling=0)
    save("progressive.jpg", quality=80, progressive=True)
    save("grey.jpg", image.convert("L"))
    save("cmyk.jpg", image.convert("CMYK"), quality=90)
    frames = [image.convert("P"), ImageOps.invert(image).convert("P")]
    frames[0].save(f"{FOLDER}/animated.gif", save_all=True, append_images=frames[1:], duration=100)
    names.append("animated.gif")
    names.append(png16("rgb16.png", 2, 3))
    names.append(png16("alpha16.png", 6, 4))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x112] = orientation
        save(f"orientation-{orientation}.jpg", quality=95, exif=exif)
        save(f"orientation-{orientation}.webp", lossless=True, exif=exif)
    return names


def load(name):
    """transformers' load_image."""
    return ImageOps.exif_transpose(Image.open(f"{FOLDER}/{name}")).convert("RGB")


def spelled_out(config):
    """What transformers makes of the bare numbers, and of what is left out, in old files."""
    config = dict(config)
    kind = config.get("feature_extractor_type", "")
    if isinstance(config.get("size"), int):
        side = config["size"]
        config["size"] = {"height": side, "width": side} if kind.startswith("DeiT") else {"shortest_edge": side}
    if isinstance(config.get("crop_size"), int):
        config["crop_size"] = {"height": config["crop_size"], "width": config["crop_size"]}
    if kind.startswith("ConvNext"):
        config.setdefault("crop_pct", 224 / 256)
    if kind.startswith("MobileViT"):
        config.setdefault("do_normalize", False)
    return config


def scaled(image, config):
    size = config["size"]
    if "shortest_edge" not in size:
        return image.resize((size["width"], size["height"]), config["resample"])
    edge = size["shortest_edge"]
    if "crop_pct" in config:
        edge = int(edge / config["crop_pct"])
    short, long = min(image.size), max(image.size)
    longer = int(edge * long / short)
    return image.resize((edge, longer) if image.width <= image.height else (longer, edge), config["resample"])


def cropped(image, width, height):
    """transformers' center_crop: what the image lacks is black."""
    left, top = (image.width - width) // 2, (image.height - height) // 2
    if top >= 0 and left >= 0 and left + width <= image.width and top + height <= image.height:
        return image.crop((left, top, left + width, top + height))
    wide, high = max(width, image.width), max(height, image.height)
    canvas = Image.new("RGB", (wide, high))
    left_pad, top_pad = math.ceil((wide - image.width) / 2), math.ceil((high - image.height) / 2)
    canvas.paste(image, (left_pad, top_pad))
    left, top = max(0, left + left_pad), max(0, top + top_pad)
    return canvas.crop((left, top, left + width, top + height))


def prepared(image, config):
    config = spelled_out(config)
    if config.get("do_resize", True):
        image = scaled(image, config)
    if config.get("do_center_crop"):
        image = cropped(image, config["crop_size"]["width"], config["crop_size"]["height"])
    elif "crop_pct" in config:
        image = cropped(image, config["size"]["shortest_edge"], config["size"]["shortest_edge"])
    factor = config.get("rescale_factor", 1 / 255) if config.get("do_rescale", True) else 1
    bands = [image.getchannel(band).tobytes() for band in "RGB"]
    if config.get("do_flip_channel_order"):
        bands.reverse()
    values = []
    for band, mean, deviation in zip(bands, config.get("image_mean", [0] * 3), config.get("image_std", [1] * 3)):
        for value in band:
            level = value * factor - (1 if config.get("rescale_offset") else 0)
            values.append((level - mean) / deviation if config.get("do_normalize", True) else level)
    return image.size, struct.pack(f"<{len(values)}f", *values)


IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
CONFIGS = {
    "ViT": {"size": {"height": 32, "width": 32}, "resample": 2, "image_mean": [0.5] * 3, "image_std": [0.5] * 3},
    "tall": {"size": {"height": 40, "width": 24}, "resample": 0, **IMAGENET},
    "CLIP": {
        "size": {"shortest_edge": 33}, "resample": 3, "do_center_crop": True, "crop_size": {"height": 30, "width": 30},
        "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]},
    "ConvNeXT": {"size": {"shortest_edge": 28}, "resample": 3, "crop_pct": 0.875, **IMAGENET},
    "padded": {
        "size": {"shortest_edge": 20}, "resample": 1, "do_center_crop": True, "crop_size": {"height": 37, "width": 64},
        "do_rescale": False, "do_normalize": False},
    "cropped only": {"do_resize": False, "do_center_crop": True, "crop_size": {"height": 31, "width": 33}, **IMAGENET},
    "MobileViT": {
        "size": {"shortest_edge": 36}, "resample": 2, "do_center_crop": True, "crop_size": {"height": 32, "width": 32},
        "do_flip_channel_order": True, "do_normalize": False},
    "ResNet": {"feature_extractor_type": "ConvNextFeatureExtractor", "size": 28, "resample": 3, **IMAGENET},
    "DeiT": {
        "feature_extractor_type": "DeiTFeatureExtractor", "size": 34, "resample": 3, "do_center_crop": True, "crop_size": 32, **IMAGENET},
    "old MobileViT": {
        "feature_extractor_type": "MobileViTFeatureExtractor", "size": 36, "resample": 2, "do_center_crop": True, "crop_size": 32,
        "do_flip_channel_order": True},
    "EfficientNet": {
        "size": {"height": 25, "width": 25}, "resample": 4, "rescale_factor": 1 / 127.5, "rescale_offset": True, **IMAGENET},
}

small, large = picture(61, 47, 1), picture(640, 480, 2)
for name in encoded(small):
    image = load(name)
    say(kind="decoded", file=name, width=image.width, height=image.height, pixels=write(f"{name}.rgb", image.tobytes()))

# PIL cuts the values off at 255 where it should scale them; here the upper byte counts.
png16("grey16.png", 0, 1)
random.seed(7)
grey = bytes(byte for _ in range(61 * 47) for byte in [random.randrange(65536) >> 8] * 3)
say(kind="decoded", file="grey16.png", width=61, height=47, pixels=write("grey16.png.rgb", grey))

for number, image in enumerate([small, large]):
    source = write(f"source-{number}.rgba", image.convert("RGBA").tobytes())
    targets = [(224, 224), (13, 9), (61, 20), (7, 47), (1, 1), (300, 5), (61, 47)] if number == 0 else [(224, 224), (97, 131), (640, 77)]
    for resample in range(6):
        for width, height in targets:
            result = image.resize((width, height), resample)
            say(kind="scaled", file=source, width=image.width, height=image.height, filter=resample, targetWidth=width,
                targetHeight=height, pixels=write(f"scaled-{number}-{resample}-{width}-{height}.rgb", result.tobytes()))

for name, config in CONFIGS.items():
    for file in ["rgb.png", "orientation-6.jpg"]:
        (width, height), values = prepared(load(file), config)
        say(kind="prepared", file=file, width=width, height=height, config=config, pixels=write(f"{name}-{file}.floats", values))
