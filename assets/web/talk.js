// The microphone's button: start, mute, or hold to talk, with a ring that shows the level.

const WORDS = {                     // state: [label, label in hold-to-talk mode, title]
  off: ['Start microphone', 'Hold to talk', 'Start the microphone'],
  asking: ['Allow the microphone…', 'Allow the microphone…', 'The browser asks for your permission'],
  on: ['Listening', 'Listening…', 'Mute the microphone'],
  muted: ['Muted', 'Hold to talk', 'Unmute the microphone'],
};
const HOLD_TITLE = 'Hold this button or the space bar while you speak';
const RELEASE_MS = 80;              // the last frames are still on their way when the button is let go
const LOUD = 12000;                 // peak of int16 samples that fills the ring
const FIELDS = 'textarea, input, button, summary';

export class TalkButton {
  // `open()` opens the microphone and returns whether it worked; `mute(muted)`; `spoken()` ends the spoken turn.
  constructor(node, { open, mute, spoken }) {
    Object.assign(this, { node, open, mute, spoken });
    this.state = 'off';
    this.hold = false;
    node.addEventListener('click', () => { if (!this.hold) this.toggle(); });
    node.addEventListener('pointerdown', (event) => {
      if (!this.hold) return;
      node.setPointerCapture(event.pointerId);  // the page may move under a finger; only letting go ends the turn
      this.press();
    });
    for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) node.addEventListener(end, () => this.release());
    document.addEventListener('keydown', (event) => { if (this.isTalkKey(event)) this.press(); });
    document.addEventListener('keyup', (event) => { if (this.isTalkKey(event)) this.release(); });
  }

  // The space bar, outside of fields and buttons.
  isTalkKey(event) {
    if (event.key !== ' ' || !this.hold || event.target.closest(FIELDS)) return false;
    event.preventDefault();
    return !event.repeat;
  }

  // Nothing is sent before the microphone is ready, nor between presses of hold-to-talk: the turn was ended, and a
  // stray frame would begin another.
  get closed() {
    return this.state === 'off' || this.state === 'asking' || (this.hold && this.state === 'muted');
  }

  async start() {
    this.show('asking');
    const opened = await this.open();
    this.show(!opened ? 'off' : this.hold ? 'muted' : 'on');
  }

  async toggle() {
    if (this.state === 'off') await this.start();
    else if (this.state !== 'asking') this.show(this.state === 'on' ? 'muted' : 'on');
  }

  // The first press may only open the microphone, since the browser asks first.
  async press() {
    this.held = true;
    if (this.state === 'off') await this.start();
    if (this.held && this.state === 'muted') this.show('on');
  }

  release() {
    this.held = false;
    if (!this.hold || this.state !== 'on') return;
    setTimeout(() => {
      if (this.held) return;
      this.show('muted');
      this.spoken();
    }, RELEASE_MS);
  }

  setHold(hold) {
    if (hold && this.state === 'on') this.spoken();     // frames stop, so no silence will come to end the turn
    this.hold = hold;
    this.show(this.state === 'on' && hold ? 'muted' : this.state);
  }

  show(state) {
    this.state = state;
    this.mute(state === 'muted');
    const [label, holdLabel, title] = WORDS[state];
    this.node.dataset.mic = state;
    this.node.setAttribute('aria-pressed', String(state === 'on'));
    this.node.title = this.hold ? HOLD_TITLE : title;
    this.node.querySelector('span').textContent = this.hold ? holdLabel : label;
    this.level(new Int16Array(0));
  }

  level(frame) {
    let peak = 0;
    if (this.state === 'on') for (const sample of frame) peak = Math.max(peak, Math.abs(sample));
    this.node.style.setProperty('--level', Math.min(1, peak / LOUD).toFixed(2));
  }
}
