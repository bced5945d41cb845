// Sound and socket: microphone, speaker and the connection they share. Draws nothing, knows nothing of the page.

export const INPUT_RATE_HZ = 16000;
export const OUTPUT_RATE_HZ = 24000;
const FRAME_S = 0.02;
const JITTER_BUFFER_S = 0.12;         // 40 ms was seen to run dry, 120 ms was not
const SEND_LIMIT_BYTES = 64000;       // 2 s of microphone waiting for the network: drop rather than fall behind
const MOST_LATE = 5 / FRAME_S;        // frames kept while there is no network: 5 s
const HEADER_BYTES = 8;               // of a binary sound message: epoch, first sample
const RETRY_MS = { first: 500, most: 8000 };
const WORKLETS = new URL('worklets.js', import.meta.url);

// What keeps sound from working, in a form the page can explain: insecure, denied, missing, busy, unsupported.
export class SoundError extends Error {
  constructor(reason, cause) {
    super(`${reason}: ${cause ?? ''}`);
    this.reason = reason;
  }
}

async function openContext(options) {
  if (!window.isSecureContext) throw new SoundError('insecure');
  if (!window.AudioWorkletNode) throw new SoundError('unsupported');
  const context = new AudioContext({ latencyHint: 'interactive', ...options });
  await context.audioWorklet.addModule(WORKLETS);
  return context;
}

export class Microphone {
  // `onFrame(Int16Array)` gets 20 ms of mono sound at `this.rate`; `onLost()` is told when the device goes away.
  constructor(onFrame, onLost) {
    this.onFrame = onFrame;
    this.onLost = onLost;
    this.rate = INPUT_RATE_HZ;
  }

  async open() {
    if (!window.isSecureContext || !navigator.mediaDevices) throw new SoundError('insecure');
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
    this.stream = await navigator.mediaDevices.getUserMedia({ audio }).catch((error) => {
      const reasons = { NotAllowedError: 'denied', NotFoundError: 'missing', NotReadableError: 'busy' };
      throw new SoundError(reasons[error.name] ?? 'busy', error.message);
    });
    for (const track of this.stream.getAudioTracks()) track.onended = this.onLost;
    await this.connect({ sampleRate: INPUT_RATE_HZ }).catch(() => this.connect({}));  // Firefox: the device's own rate
  }

  async connect(options) {
    this.context?.close();
    this.context = await openContext(options);
    this.rate = this.context.sampleRate;
    const source = this.context.createMediaStreamSource(this.stream);
    const frameSamples = Math.round(this.rate * FRAME_S);
    const capture = new AudioWorkletNode(this.context, 'sotto-capture', { numberOfOutputs: 0, processorOptions: { frameSamples } });
    capture.port.onmessage = ({ data }) => this.onFrame(data);
    source.connect(capture);
    await this.context.resume();
  }

  // A muted microphone sends silence, so that an utterance that was under way still ends.
  mute(muted) {
    for (const track of this.stream?.getAudioTracks() ?? []) track.enabled = !muted;
  }
}

export class Speaker {
  // `onReport({kind, epoch, heard, done})`: `heard` samples of the epoch have left the loudspeaker.
  constructor(onReport) {
    this.onReport = onReport;
    this.waiting = [];
  }

  // Browsers let sound begin only from a click or a key; call this from its handler.
  async open() {
    this.opening ??= this.connect().catch((error) => {
      this.opening = undefined;
      throw error;
    });
    await this.opening;
    await this.context.resume();
  }

  async connect() {
    this.context = await openContext({ sampleRate: OUTPUT_RATE_HZ });
    const processorOptions = { bufferSamples: OUTPUT_RATE_HZ * JITTER_BUFFER_S };
    const player = new AudioWorkletNode(this.context, 'sotto-player', { numberOfInputs: 0, outputChannelCount: [1], processorOptions });
    player.port.onmessage = ({ data }) => this.report(data);
    player.connect(this.context.destination);
    this.player = player;
    for (const message of this.waiting.splice(0)) player.port.postMessage(message);
  }

  get running() {
    return this.context?.state === 'running';
  }

  play(epoch, pcm) { this.post({ play: epoch, pcm }); }
  end(epoch) { this.post({ end: epoch }); }
  hush(epoch) { this.post({ hush: epoch }); }
  unhush(epoch) { this.post({ unhush: epoch }); }
  flush(epoch) {
    this.waiting = [];
    this.post({ flush: epoch });
  }

  // A new connection counts its epochs from the start again.
  forget() {
    this.waiting = [];
    this.post({ forget: true });
  }

  post(message) {
    if (this.player) this.player.port.postMessage(message);
    else this.waiting.push(message);
  }

  // Samples handed to the sound card are heard one output latency later; a last report waits until they are.
  report({ kind, epoch, played }) {
    const latency_s = this.context.outputLatency || this.context.baseLatency || 0;
    const done = kind === 'ended' || kind === 'flushed';
    if (kind === 'ended' || kind === 'held') {
      setTimeout(() => this.onReport({ kind, epoch, heard: played, done }), latency_s * 1000);
      return;
    }
    const heard = done ? played : Math.max(0, played - Math.round(latency_s * OUTPUT_RATE_HZ));
    this.onReport({ kind, epoch, heard, done });
  }
}

export class Connection {
  // `address(known)` gives the URL for each attempt; `known` is what came already: {event, epoch, samples}, the number of
  // the latest event and how far the sound. Handlers: opened(), event(object), sound(epoch, Int16Array) and
  // closed(attempts, reason), which returns whether to connect again.
  constructor(address, handlers) {
    this.address = address;
    this.handlers = handlers;
    this.attempts = 0;
    this.known = {};
    this.late = [];               // microphone sound, and its ends, for which there was no network
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    const socket = this.socket = new WebSocket(this.address(this.known));
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.opened();
    socket.onmessage = ({ data }) => (typeof data === 'string' ? this.event(JSON.parse(data)) : this.sound(data));
    socket.onclose = ({ reason }) => { if (socket === this.socket) this.closed(reason); };
  }

  opened() {
    this.attempts = 0;
    this.handlers.opened();
    for (const data of this.late.splice(0)) this.socket.send(data);
  }

  closed(reason) {
    this.attempts++;
    if (!this.handlers.closed(this.attempts, reason)) return;
    const wait_ms = Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** (this.attempts - 1));
    this.timer = setTimeout(() => this.open(), wait_ms);
  }

  event(event) {
    if (event.type === 'session.created') this.known = {};
    this.known.event = Number(event.event_id.replace('event_', ''));
    this.handlers.event(event);
  }

  sound(buffer) {
    const header = new DataView(buffer, 0, HEADER_BYTES);
    const [epoch, first] = [header.getUint32(0, true), header.getUint32(4, true)];
    const pcm = new Int16Array(buffer, HEADER_BYTES);
    Object.assign(this.known, { epoch, samples: first + pcm.length });
    this.handlers.sound(epoch, pcm);
  }

  get ready() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  send(event) {
    if (this.ready) this.socket.send(JSON.stringify(event));
  }

  // Whether the sound can go; a network that is too slow for it loses it. What finds no network goes with the next.
  sendSound(frame) {
    if (!this.ready) this.keep(frame);
    else if (this.socket.bufferedAmount > SEND_LIMIT_BYTES) return false;
    else this.socket.send(frame);
    return true;
  }

  // The user's spoken turn is over: behind its sound.
  endSound() {
    const end = JSON.stringify({ type: 'input_audio_buffer.commit' });
    if (this.ready) this.socket.send(end);
    else this.keep(end);
  }

  keep(data) {
    this.late.push(data);
    if (this.late.length > MOST_LATE) this.late.shift();
  }
}
