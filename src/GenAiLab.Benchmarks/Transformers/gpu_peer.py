"""A Llama shape of random weights in PyTorch's transformers: tokens a second of decode steps and prompts, in 16-bit floats."""
import statistics
import sys
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM, StaticCache

SHAPES = {"15m": (32_000, 288, 6, 6, 6, 768), "135m": (49_152, 576, 30, 9, 3, 1_536)}
vocabulary, hidden, layers, heads, kv_heads, inner = SHAPES[sys.argv[1]]
compiled = sys.argv[2] == "compiled"
config = LlamaConfig(
    vocab_size=vocabulary, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=kv_heads,
    intermediate_size=inner, max_position_embeddings=1024, tie_word_embeddings=True)
torch.manual_seed(1)
model = LlamaForCausalLM(config).half().cuda().eval()
print(torch.cuda.get_device_name(), "torch", torch.__version__, "compiled" if compiled else "eager")


def run(step, cache, ids, position):
    place = torch.arange(position, position + ids.shape[1], device="cuda")
    return step(input_ids=ids, past_key_values=cache, cache_position=place, position_ids=place[None], use_cache=True, logits_to_keep=1).logits


with torch.inference_mode():
    step = torch.compile(model, mode="reduce-overhead") if compiled else model
    for width in (1, 8, 32):
        cache = StaticCache(config=config, max_cache_len=1024)
        ids = torch.randint(0, 2000, (width, 128), device="cuda")
        run(model, cache, ids, 0)
        rates = []
        for round in range(6):
            torch.cuda.synchronize()
            started = time.perf_counter()
            for at in range(32):
                logits = run(step, cache, ids[:, :1].contiguous(), 128 + at)[:, -1].float().cpu()
            rates.append(width * 32 / (time.perf_counter() - started))
        print(f"{sys.argv[1]} decode, {width} streams at 128: {statistics.median(rates[1:]):.1f} tokens/s")
    ids = torch.randint(0, 2000, (1, 512), device="cuda")
    rates = []
    for round in range(20):
        cache = StaticCache(config=config, max_cache_len=1024)
        torch.cuda.synchronize()
        started = time.perf_counter()
        logits = run(model, cache, ids, 0)[:, -1].float().cpu()
        rates.append(512 / (time.perf_counter() - started))
    print(f"{sys.argv[1]} prefill 512: {statistics.median(rates[1:]):.1f} tokens/s")
