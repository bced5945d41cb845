// Init script for tests: copies every sound a page sends to the loudspeaker. `__tap.drain()` gives what came since the
// last call: blocks of [wall clock in ms, first sample's index, samples as base64 s16le], and the sample rate.
(() => {
  const processor = `registerProcessor('test-tap', class extends AudioWorkletProcessor {
    constructor() { super(); this.block = new Int16Array(512); this.filled = 0; }
    process([[channel]]) {
      for (let i = 0; i < 128; i++) {
        this.block[this.filled++] = Math.max(-1, Math.min(1, channel ? channel[i] : 0)) * 32767;
        if (this.filled === 512) { this.port.postMessage(this.block); this.block = new Int16Array(512); this.filled = 0; }
      }
      return true;
    } });`;
  const tap = { blocks: [], rate: 0, samples: 0 };
  const connect = AudioNode.prototype.connect;

  async function listenTo(node) {
    const context = node.context;
    const url = URL.createObjectURL(new Blob([processor], { type: 'text/javascript' }));
    await context.audioWorklet.addModule(url);
    const copy = new AudioWorkletNode(context, 'test-tap', { channelCount: 1, channelCountMode: 'explicit' });
    const silent = context.createGain();
    silent.gain.value = 0;
    connect.call(node, copy);
    connect.call(copy, silent);
    connect.call(silent, context.destination);
    tap.rate = context.sampleRate;
    copy.port.onmessage = ({ data }) => {
      tap.blocks.push([Date.now(), tap.samples, data]);
      tap.samples += data.length;
    };
  }

  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode) listenTo(this);
    return connect.call(this, target, ...rest);
  };

  const base64 = (samples) => btoa(String.fromCharCode(...new Uint8Array(samples.buffer)));
  tap.drain = () => {
    const blocks = tap.blocks.splice(0).map(([at, first, samples]) => [at, first, base64(samples)]);
    return { rate: tap.rate, blocks };
  };
  window.__tap = tap;
})();
