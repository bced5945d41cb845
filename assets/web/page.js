// Page: joins the socket and the sound (voice.js) to the drawing (turns.js) and to the controls.

import { Connection, Microphone, Speaker } from './voice.js';
import { Turns } from './turns.js';

const SOUND_TROUBLE = {
  denied: 'The microphone is blocked. Allow it in the browser’s site settings, then press the button again. Typing works meanwhile.',
  insecure: 'Browsers give sound only to secure addresses. Open this page as http://localhost or through https. Typing works meanwhile; answers come as text.',
  missing: 'No microphone was found. Connect one and press the button again. Typing works meanwhile.',
  busy: 'The microphone cannot be used; another program may hold it. Close that program and press the button again.',
  unsupported: 'This browser cannot play streamed sound (no AudioWorklet). Answers come as text.',
};
const QUIET_ERRORS = new Set(['response_cancel_not_active']);
const TRANSIENT_MS = 8000;

class Page {
  constructor(secret) {
    this.find();
    this.turns = new Turns(this.list);
    this.options = { voice: window.isSecureContext, method: undefined };
    this.speaker = new Speaker((report) => this.played(report));
    this.microphone = new Microphone((frame) => this.frame(frame));
    this.mic = 'off';               // off, on, muted
    this.listen();
    const url = new URL('v1/realtime', document.baseURI);
    url.protocol = url.protocol.replace('http', 'ws');
    url.searchParams.set('session', secret);
    this.connection = new Connection(url.href, {
      opened: () => this.opened(),
      event: (event) => this.take(event),
      sound: (epoch, pcm) => this.speaker.play(epoch, pcm),
      closed: (code, attempts) => this.closed(code, attempts),
    });
  }

  find() {
    const all = document;
    this.list = all.querySelector('.sotto-turns');
    this.notice = all.querySelector('.sotto-notice');
    this.form = all.querySelector('.sotto-composer');
    this.text = this.form.querySelector('textarea');
    this.micButton = this.form.querySelector('.mic');
    this.stopButton = this.form.querySelector('.stop');
  }

  listen() {
    this.form.addEventListener('submit', (event) => { event.preventDefault(); this.say(this.text.value); });
    this.text.addEventListener('input', () => this.fitText());
    this.text.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.say(this.text.value);
    });
    this.micButton.addEventListener('click', () => this.toggleMicrophone());
    this.stopButton.addEventListener('click', () => this.stop());
    document.addEventListener('keydown', ({ key }) => { if (key === 'Escape') this.stop(); });
    document.addEventListener('click', ({ target }) => {
      const example = target.closest?.('.sotto-example');
      if (example) this.say(example.innerText);
    });
  }

  // The connection

  opened() {
    this.state('link', 'connected');
    this.tell('');
    this.configure();
  }

  configure() {
    const { voice, method } = this.options;
    this.connection.send({
      type: 'session.update',
      session: {
        output_modalities: [voice ? 'audio' : 'text'],
        audio: { input: { format: { type: 'audio/pcm', rate: this.microphone.rate } } },
        sotto: { audio_frames: 'binary', playback: 'reported', ...(method && { method }) },
      },
    });
  }

  closed(code, attempts) {
    this.state('link', 'offline');
    this.state('mind', 'idle');
    this.state('mouth', 'silent');
    this.speaker.forget();
    if (this.full) return false;
    if (attempts >= 3) this.diagnose();
    else this.tell('The connection is lost. Trying again…');
    return !this.ended;
  }

  // After some vain attempts: is the server gone, or does it no longer know this page?
  async diagnose() {
    const answer = await fetch(new URL('healthz', document.baseURI), { cache: 'no-store' }).catch(() => null);
    if (!answer?.ok) {
      this.tell('The server does not answer. Trying again; is it still running?');
      return;
    }
    this.ended = true;
    this.tell('This page’s session has ended. Reload the page to begin a new one.', 'Reload', () => location.reload());
  }

  take(event) {
    switch (event.type) {
      case 'session.created': this.turns.clear('The connection was lost; this is a new conversation.'); break;
      case 'session.updated': this.updated(event.session); break;
      case 'sotto.state': this.state('mind', event.mind); this.state('mouth', event.mouth); break;
      case 'sotto.flush': this.speaker.flush(event.epoch); break;
      case 'response.output_audio.done': this.speaker.end(event.sotto.epoch); break;
      case 'error': this.fault(event.error); break;
    }
    this.turns.take(event);
  }

  updated(session) {
    const agreed = `${session.sotto.method} ${session.output_modalities}`;
    if (this.agreed && this.agreed !== agreed) this.turns.clear('New conversation');
    this.agreed = agreed;
  }

  fault({ code, message }) {
    if (QUIET_ERRORS.has(code)) return;
    if (code === 'engine_full') {
      this.full = true;
      this.tell('The assistant has no room for another conversation just now.', 'Try again', () => this.retry());
      return;
    }
    this.tell(message, '', null, TRANSIENT_MS);
  }

  retry() {
    this.full = false;
    this.tell('');
    this.connection.open();
  }

  // Sound

  async toggleMicrophone() {
    if (this.mic !== 'off') {
      this.setMic(this.mic === 'on' ? 'muted' : 'on');
      this.microphone.mute(this.mic === 'muted');
      return;
    }
    try {
      await Promise.all([this.speaker.open(), this.microphone.open()]);
      this.setMic('on');
      this.tell('');
      this.configure();
    } catch (error) {
      this.soundTrouble(error);
    }
  }

  setMic(state) {
    const words = { off: 'Start microphone', on: 'Listening', muted: 'Muted' };
    const titles = { off: 'Start the microphone', on: 'Mute the microphone', muted: 'Unmute the microphone' };
    this.mic = state;
    this.micButton.dataset.mic = state;
    this.micButton.setAttribute('aria-pressed', String(state === 'on'));
    this.micButton.title = titles[state];
    this.micButton.querySelector('span').textContent = words[state];
    this.micButton.style.setProperty('--level', 0);
  }

  frame(frame) {
    this.connection.sendSound(frame);
    let peak = 0;
    for (const sample of frame) peak = Math.max(peak, Math.abs(sample));
    this.micButton.style.setProperty('--level', this.mic === 'on' ? Math.min(1, peak / 12000).toFixed(2) : 0);
  }

  played({ epoch, heard, done }) {
    this.connection.send({ type: 'sotto.playback', epoch, played_samples: heard, done });
    this.turns.heard(epoch, heard);
  }

  soundTrouble(error) {
    if (!error.reason) throw error;
    this.tell(SOUND_TROUBLE[error.reason]);
    if (error.reason === 'insecure' || error.reason === 'unsupported') this.setVoice(false);
  }

  // What the user does

  say(text) {
    if (!text.trim()) return;
    if (!this.connection.ready) {
      this.tell('Not connected; your message is kept here until the server answers.', '', null, TRANSIENT_MS);
      return;
    }
    if (this.options.voice) this.speaker.open().catch((error) => this.soundTrouble(error));
    const content = [{ type: 'input_text', text: text.trim() }];
    this.connection.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
    this.connection.send({ type: 'response.create' });
    this.text.value = '';
    this.fitText();
  }

  stop() {
    if (this.connection.ready) this.connection.send({ type: 'response.cancel' });
  }

  setMethod(method) {
    this.options.method = method;
    this.configure();
  }

  setVoice(voice) {
    this.options.voice = voice && window.isSecureContext;
    this.configure();
  }

  // What the user sees

  state(name, value) {
    const node = document.querySelector(`.sotto-states [data-state=${name}]`);
    node.dataset.value = value;
    node.querySelector('dd').textContent = value;
    this[name] = value;
    this.stopButton.disabled = !(this.mouth === 'speaking' || this.mind === 'thinking' || this.mind === 'writing');
  }

  tell(message, action = '', onAction = null, forMs = 0) {
    const [words, button] = this.notice.children;
    clearTimeout(this.noticeTimer);
    this.notice.hidden = !message;
    words.textContent = message;
    button.hidden = !action;
    button.textContent = action;
    button.onclick = onAction;
    if (forMs) this.noticeTimer = setTimeout(() => this.tell(''), forMs);
  }

  fitText() {
    this.text.style.height = 'auto';
    this.text.style.height = `${Math.min(160, this.text.scrollHeight)}px`;
  }
}

// Called once the tab has its secret.
export function start(secret) {
  window.sotto ??= new Page(secret);
}
