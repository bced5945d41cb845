// The two ends of the sound, on the audio thread. Knows samples only: no socket, no page.

const FADE_SAMPLES = 120;      // 5 ms at 24 kHz, so that a flush does not click
const REPORT_SAMPLES = 2400;   // a position every 100 ms

// Posts microphone sound as Int16Array frames of `frameSamples`.
class Capture extends AudioWorkletProcessor {
  constructor({ processorOptions: { frameSamples } }) {
    super();
    this.frameSamples = frameSamples;
    this.begin();
  }

  begin() {
    this.frame = new Int16Array(this.frameSamples);
    this.filled = 0;
  }

  process([[channel]]) {
    if (!channel) return true;
    for (const sample of channel) {
      this.frame[this.filled++] = Math.max(-1, Math.min(1, sample)) * 32767;
      if (this.filled === this.frameSamples) {
        this.port.postMessage(this.frame, [this.frame.buffer]);      // handed over, not copied
        this.begin();
      }
    }
    return true;
  }
}

// Plays sound of one epoch at a time. In: {play: epoch, pcm}, {end: epoch}, {flush: epoch}, {forget: true}, and
// {hush: epoch}, {unhush: epoch}: sound up to that epoch is held where it is, and goes on.
// Out: {kind: started | position | held | underrun | ended | flushed, epoch, played} with `played` samples of that epoch.
class Player extends AudioWorkletProcessor {
  constructor({ processorOptions: { bufferSamples } }) {
    super();
    this.bufferSamples = bufferSamples;
    this.epoch = -1;
    this.deadEpoch = -1;          // sound up to this epoch is stale
    this.heldEpoch = -1;          // sound up to this epoch is held
    this.reset();
    this.port.onmessage = ({ data }) => this.take(data);
  }

  reset() {
    this.chunks = [];
    this.offset = 0;              // into the first chunk
    this.waiting = 0;             // samples in all chunks
    this.played = 0;
    this.reported = 0;
    this.running = false;
    this.complete = false;        // no more sound will come
    this.fade = 0;
    this.gain = 1;                // runs to 0 where the sound is held, and back
  }

  get held() { return this.epoch <= this.heldEpoch; }

  take({ play, end, flush, forget, pcm, hush, unhush }) {
    if (forget) {
      this.reset();
      this.epoch = this.deadEpoch = this.heldEpoch = -1;
    }
    if (hush !== undefined) this.heldEpoch = hush;
    if (unhush !== undefined) this.heldEpoch = -1;
    if (play !== undefined) this.add(play, pcm);
    if (end !== undefined && end === this.epoch) this.complete = true;
    if (flush !== undefined) this.flush(flush);
  }

  add(epoch, pcm) {
    if (epoch <= this.deadEpoch || epoch < this.epoch) return;
    if (epoch > this.epoch) {
      this.reset();
      this.epoch = epoch;
    }
    this.chunks.push(pcm);
    this.waiting += pcm.length;
  }

  flush(epoch) {
    this.deadEpoch = Math.max(this.deadEpoch, epoch);
    if (this.epoch > epoch || this.fade) return;
    if (this.running && this.gain) this.fade = FADE_SAMPLES;
    else this.silence('flushed');
  }

  silence(kind) {
    if (this.played || this.waiting) this.tell(kind);
    const epoch = this.epoch;
    this.reset();
    this.deadEpoch = Math.max(this.deadEpoch, epoch);
  }

  tell(kind) {
    this.reported = this.played;
    this.port.postMessage({ kind, epoch: this.epoch, played: this.played });
  }

  process(_inputs, [[output]]) {
    if (!this.running && !this.held && this.waiting && (this.complete || this.waiting >= this.bufferSamples)) {
      this.running = true;
      this.tell('started');
    }
    if (!this.running && this.complete && this.played && !this.waiting) this.silence('ended');
    if (this.running) this.fill(output);
    if (this.running && this.played - this.reported >= REPORT_SAMPLES) this.tell('position');
    return true;
  }

  fill(output) {
    for (let i = 0; i < output.length; i++) {
      if (this.held && !this.gain && !this.fade) return this.played > this.reported && this.tell('held');
      if (!this.waiting) return this.runDry();
      output[i] = this.next();
      if (this.fade && --this.fade === 0) return this.silence('flushed');
    }
  }

  next() {
    let value = this.chunks[0][this.offset++] / 32768;
    if (this.fade) value *= this.fade / FADE_SAMPLES;
    this.gain = Math.max(0, Math.min(1, this.gain + (this.held ? -1 : 1) / FADE_SAMPLES));
    value *= this.gain;
    if (this.offset === this.chunks[0].length) {
      this.chunks.shift();
      this.offset = 0;
    }
    this.waiting--;
    this.played++;
    return value;
  }

  runDry() {
    this.running = false;
    if (this.fade) this.silence('flushed');
    else if (this.complete) this.silence('ended');
    else this.tell('underrun');
  }
}

registerProcessor('sotto-capture', Capture);
registerProcessor('sotto-player', Player);
