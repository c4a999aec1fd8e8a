// A board to draw on. The classifier has seen drawings whose things stand on every second of 32 pixels: so wide is the brush.
globalThis.drawingBoard = (() => {
  const tile = 12;
  const ground = '#7cc04a';

  function clear(canvas) {
    const context = canvas.getContext('2d');
    context.fillStyle = ground;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }

  function dot(canvas, event) {
    const bounds = canvas.getBoundingClientRect();
    const place = (at, start, length, pixels) => Math.floor((at - start) / length * pixels / tile) * tile;
    const context = canvas.getContext('2d');
    context.fillStyle = canvas.dataset.colour ?? '#202020';
    context.fillRect(
      place(event.clientX, bounds.left, bounds.width, canvas.width), place(event.clientY, bounds.top, bounds.height, canvas.height), tile, tile);
  }

  return {
    attach(canvas) {
      clear(canvas);
      canvas.addEventListener('pointerdown', (event) => {
        canvas.setPointerCapture(event.pointerId);
        dot(canvas, event);
      });
      canvas.addEventListener('pointermove', (event) => event.buttons && dot(canvas, event));
    },
    clear,
    colour(canvas, value) {
      canvas.dataset.colour = value;
    },
    png: (canvas) => canvas.toDataURL('image/png').split(',')[1],
  };
})();
