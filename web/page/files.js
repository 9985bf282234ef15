// Files in and out: chosen, dropped, saved.

/** A model's file begins with the length of its header and a brace. */
const isModel = (name, bytes) => name.endsWith('.safetensors') || new Uint8Array(bytes, 0, Math.min(9, bytes.byteLength))[8] === 0x7b;

/** Wires the file inputs and the drop; what is read goes to `to.table` and `to.model`. */
export function files($, to) {
  async function read(file) {
    if (file.size > 64 << 20) return to.warn(`${file.name} has ${(file.size / 1048576).toFixed(0)} MB: the page takes up to 64 MB.`);
    try {
      const bytes = await file.arrayBuffer();
      if (isModel(file.name, bytes)) to.model(file.name, bytes);
      else to.table({ name: file.name, bytes });
    } catch (error) {
      to.warn(`${file.name}: ${error.message}`);
    }
  }
  for (const id of ['csv', 'model']) {
    $(id).addEventListener('change', () => {
      const [file] = $(id).files;
      $(id).value = '';
      if (file) read(file);
    });
  }
  $('open').addEventListener('click', () => $('model').click());
  $('save').addEventListener('click', to.save);
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
  addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    document.body.classList.add('dropping');
  });
  addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) document.body.classList.remove('dropping');
  });
  addEventListener('drop', (event) => {
    document.body.classList.remove('dropping');
    if (!hasFiles(event)) return;
    event.preventDefault();
    const { files: all } = event.dataTransfer;
    if (all.length > 1) return to.warn(`${all.length} files were dropped: expected one.`);
    read(all[0]);
  });
  return {
    /** Hands the user a model's bytes. */
    save(bytes) {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
      link.download = 'model.safetensors';
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    },
  };
}
