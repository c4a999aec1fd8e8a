// What a microphone hears, as a WAV file of one channel with 16 bits a sample. One recording at a time.
globalThis.soundRecorder = (() => {
  // Seconds: what lab-listen takes.
  const longest = 4;
  let current;

  function why(error) {
    switch (error.name) {
      case 'NotAllowedError': return 'The browser may not use the microphone: allow it for this page.';
      case 'NotFoundError': return 'There is no microphone.';
      default: return `The microphone cannot be used: ${error.message}`;
    }
  }

  function end() {
    current?.stream.getTracks().forEach((track) => track.stop());
    const context = current?.context;
    current = undefined;
    return context?.close();
  }

  // Without the silence before and after: lab-listen has heard none in its training.
  function spoken(pieces, rate) {
    const samples = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    pieces.reduce((at, piece) => (samples.set(piece, at), at + piece.length), 0);
    const loud = 0.02 * samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    const isLoud = (sample) => Math.abs(sample) > loud;
    const margin = rate / 20;
    return samples.slice(Math.max(0, samples.findIndex(isLoud) - margin), samples.findLastIndex(isLoud) + margin).slice(0, longest * rate);
  }

  function wav(samples, rate) {
    const { length } = samples;
    const view = new DataView(new ArrayBuffer(44 + 2 * length));
    const text = (at, word) => [...word].forEach((letter, place) => view.setUint8(at + place, letter.charCodeAt(0)));
    text(0, 'RIFF');
    view.setUint32(4, 36 + 2 * length, true);
    text(8, 'WAVEfmt ');
    view.setUint32(16, 16, true);
    view.setUint16(20, 1, true);
    view.setUint16(22, 1, true);
    view.setUint32(24, rate, true);
    view.setUint32(28, 2 * rate, true);
    view.setUint16(32, 2, true);
    view.setUint16(34, 16, true);
    text(36, 'data');
    view.setUint32(40, 2 * length, true);
    samples.forEach((sample, at) => view.setInt16(44 + 2 * at, Math.round(32767 * Math.max(-1, Math.min(1, sample))), true));
    return new Uint8Array(view.buffer);
  }

  return {
    // Nothing, or why it cannot be done.
    async start() {
      if (!navigator.mediaDevices) {
        return 'Browsers give a microphone to pages over HTTPS alone, or from this machine.';
      }

      try {
        await end();
        const stream = await navigator.mediaDevices.getUserMedia(
          { audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
        const context = new AudioContext();
        current = { stream, context, pieces: [] };
        await context.audioWorklet.addModule('samples.js');
        const node = new AudioWorkletNode(context, 'samples', { numberOfOutputs: 0 });
        const { pieces } = current;
        let left = longest * context.sampleRate;
        node.port.onmessage = ({ data }) => {
          if (left > 0) {
            left -= data.length;
            pieces.push(data);
          }
        };
        context.createMediaStreamSource(stream).connect(node);
        return null;
      } catch (error) {
        await end();
        return why(error);
      }
    },
    async stop() {
      if (!current) {
        return null;
      }

      const { pieces, context } = current;
      const file = wav(spoken(pieces, context.sampleRate), context.sampleRate);
      await end();
      let letters = '';
      file.forEach((byte) => { letters += String.fromCharCode(byte); });
      return btoa(letters);
    },
    cancel: () => end(),
  };
})();
