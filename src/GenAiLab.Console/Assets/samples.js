// Hands on what a microphone hears, piece by piece, from the audio thread to the page.
registerProcessor('samples', class extends AudioWorkletProcessor {
  process([[channel]]) {
    if (channel) {
      this.port.postMessage(channel.slice());
    }

    return true;
  }
});
