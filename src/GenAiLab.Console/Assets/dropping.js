// A file that is dropped anywhere on a direction goes to its field. Beside them a drop does nothing: a browser would leave
// the page, and what was made on it, to show the file.
(() => {
  const files = (event) => event.dataTransfer?.types.includes('Files');
  const target = (event) => event.target instanceof Element ? event.target.closest('.direction:has(input[type=file])') : null;
  const mark = (chosen) => document.querySelectorAll('.direction').forEach((direction) => direction.classList.toggle('dropping', direction === chosen));

  document.addEventListener('dragover', (event) => {
    if (files(event)) {
      event.preventDefault();
      event.dataTransfer.dropEffect = target(event) ? 'copy' : 'none';
      mark(target(event));
    }
  });
  document.addEventListener('dragleave', (event) => event.relatedTarget === null && mark(null));
  document.addEventListener('drop', (event) => {
    if (!files(event)) {
      return;
    }

    event.preventDefault();
    mark(null);
    const field = target(event)?.querySelector('input[type=file]');
    if (field && event.dataTransfer.files.length > 0) {
      const first = new DataTransfer();
      first.items.add(event.dataTransfer.files[0]);
      field.files = first.files;
      field.dispatchEvent(new Event('change', { bubbles: true }));
    }
  });
})();
