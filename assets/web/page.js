// Page: joins the socket and the sound (voice.js) to the drawing (turns.js) and to the controls.

import { TalkButton } from './talk.js';
import { Turns } from './turns.js';
import { Connection, Microphone, Speaker } from './voice.js';

const SOUND_TROUBLE = {
  denied: 'The microphone is blocked. Allow it in the browser’s site settings, then press the button again. Typing works meanwhile.',
  insecure: 'Browsers give sound only to secure addresses. Open this page as http://localhost or through https. Typing works meanwhile; answers come as text.',
  missing: 'No microphone was found. Connect one and press the button again. Typing works meanwhile.',
  busy: 'The microphone cannot be used; another program may hold it. Close that program and press the button again.',
  lost: 'The microphone was disconnected. Connect it and press the button again.',
  unsupported: 'This browser cannot play streamed sound (no AudioWorklet). Answers come as text.',
};
const QUIET_ERRORS = new Set(['response_cancel_not_active']);
const TRANSIENT_MS = 8000;
const SETTLED_MS = 200;

class Page {
  constructor(secret) {
    this.secret = secret;
    this.list = document.querySelector('.sotto-turns');
    this.notice = document.querySelector('.sotto-notice');
    this.form = document.querySelector('.sotto-composer');
    this.text = this.form.querySelector('textarea');
    this.stopButton = this.form.querySelector('.stop');
    this.turns = new Turns(this.list);
    this.voice = window.isSecureContext;
    this.method = undefined;        // the server's own until the user chooses
    this.patience = undefined;      // likewise
    this.unsure = new Map();        // typed messages the server has not told of yet, by item
    this.speaker = new Speaker((report) => this.played(report));
    this.microphone = new Microphone((frame) => this.frame(frame), () => this.lostMicrophone());
    this.talk = new TalkButton(this.form.querySelector('.mic'), {
      open: () => this.openMicrophone(),
      mute: (muted) => this.microphone.mute(muted),
      spoken: () => this.connection.endSound(),
    });
    this.listen();
    this.connection = new Connection((known) => this.address(known), {
      opened: () => this.opened(),
      event: (event) => this.take(event),
      sound: (epoch, pcm) => this.speaker.play(epoch, pcm),
      closed: (attempts, reason) => this.closed(attempts, reason),
    });
  }

  listen() {
    this.form.addEventListener('submit', (event) => { event.preventDefault(); this.say(this.text.value); });
    this.text.addEventListener('input', () => this.fitText());
    this.text.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.say(this.text.value);
    });
    this.stopButton.addEventListener('click', () => this.stop());
    document.addEventListener('keydown', ({ key }) => { if (key === 'Escape') this.stop(); });
    document.addEventListener('click', ({ target }) => {
      const example = target.closest?.('.sotto-example');
      if (example) this.say(example.innerText);
    });
  }

  // The connection

  address(known) {
    const url = new URL('v1/realtime', document.baseURI);
    url.protocol = url.protocol.replace('http', 'ws');
    url.searchParams.set('session', this.secret);
    url.searchParams.set('modality', this.voice ? 'audio' : 'text');
    if (this.method) url.searchParams.set('method', this.method);
    for (const [name, value] of Object.entries(known)) url.searchParams.set(name, value);
    return url.href;
  }

  opened() {
    this.greeted = false;
    this.state('link', 'connected');
    if (!this.overBecause) this.tell('');
    this.configure();
  }

  configure() {
    this.connection.send({
      type: 'session.update',
      session: {
        output_modalities: [this.voice ? 'audio' : 'text'],
        audio: { input: { format: { type: 'audio/pcm', rate: this.microphone.rate } } },
        sotto: { audio_frames: 'binary', ...(this.method && { method: this.method }), patience: this.patience },
      },
    });
  }

  // Returns whether to connect again. A short loss is bridged by the server: the conversation goes on. One that could not
  // go on says why; the next begins by itself.
  closed(attempts, reason) {
    this.state('link', 'offline');
    if (this.refused || this.ended) return false;
    this.overBecause = reason === 'conversation_over' ? this.latestFault : this.overBecause;
    if (this.overBecause && attempts < 3) return true;
    if (attempts >= 3) this.diagnose();
    else this.tell('The connection is lost. Trying again…');
    return true;
  }

  // After some vain attempts: is the server gone, or does it no longer know this page?
  async diagnose() {
    const answer = await fetch(new URL('healthz', document.baseURI), { cache: 'no-store' }).catch(() => null);
    if (this.connection.ready) return;
    this.ended = Boolean(answer?.ok);
    if (this.ended) this.tell('This page’s session has ended. Reload the page to begin a new one.', 'Reload', () => location.reload());
    else this.tell('The server does not answer. Trying again; is it still running?');
  }

  take(event) {
    switch (event.type) {
      case 'session.created': this.begin(event.session); break;
      case 'session.updated': this.updated(event.session); break;
      case 'conversation.item.added': this.unsure.delete(event.item.id); break;
      case 'sotto.state': this.state('mind', event.mind); this.state('mouth', event.mouth); break;
      case 'sotto.hush': this.speaker.hush(event.epoch); break;
      case 'sotto.unhush': this.speaker.unhush(event.epoch); break;
      case 'sotto.flush': this.speaker.flush(event.epoch); break;
      case 'response.output_audio.done': this.speaker.end(event.sotto.epoch); break;
      case 'error': this.fault(event.error, event.event_id === 'event_1'); break;
    }
    this.turns.take(event);
  }

  begin(session) {
    const why = this.overBecause ? 'The conversation could not go on' : 'The connection was lost';
    this.turns.clear(`${why}; this is a new one.`);
    this.overBecause = undefined;
    this.speaker.forget();
    this.state('mind', 'idle');
    this.state('mouth', 'silent');
    this.updated(session);
  }

  updated(session) {
    if (!this.greeted) this.sendUnsure();
    this.greeted = true;
    const agreed = `${session.sotto.method} ${session.output_modalities}`;
    if (this.agreed && this.agreed !== agreed) this.turns.clear('New conversation');
    this.agreed = agreed;
    document.querySelector('[data-state=link]').title = `model ${session.model}, method ${session.sotto.method}`;
    const paced = document.querySelector('.sotto-paced');
    paced.hidden = !session.sotto.step_ms;
    paced.textContent = `paced: ${session.sotto.step_ms} ms a step`;
  }

  // An error in place of the greeting is a refusal: the user decides how to go on.
  fault({ code, message }, refusal) {
    if (QUIET_ERRORS.has(code)) return;
    this.latestFault = message;
    if (!refusal) {
      this.tell(message, '', null, TRANSIENT_MS);
      return;
    }
    this.refused = true;
    const full = 'The assistant has no room for another conversation just now.';
    if (/recognizer|synthesizer/.test(code)) this.tell(message, 'Go on in text', () => { this.voice = false; this.retry(); });
    else this.tell(code === 'engine_full' ? full : message, 'Try again', () => this.retry());
  }

  retry() {
    this.refused = false;
    this.tell('');
    this.connection.open();
  }

  // Sound

  async openMicrophone() {
    try {
      await Promise.all([this.speaker.open(), this.microphone.open()]);
    } catch (error) {
      this.soundTrouble(error);
      return false;
    }
    this.tell('');
    this.configure();
    return true;
  }

  frame(frame) {
    this.talk.level(frame);
    if (this.talk.closed || this.connection.sendSound(frame)) return;
    this.tell('The network is too slow for the microphone; words may be lost.', '', null, TRANSIENT_MS);
  }

  lostMicrophone() {
    this.talk.show('off');
    this.talk.spoken();           // no silence will come to end what was being said
    this.tell(SOUND_TROUBLE.lost);
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
    if (this.voice) this.speaker.open().catch((error) => this.soundTrouble(error));
    const item = `item_page_${Date.now()}_${Math.random().toString(36).slice(2)}`;
    this.unsure.set(item, text.trim());
    this.sendTyped(item);
    this.text.value = '';
    this.fitText();
  }

  sendTyped(id) {
    const content = [{ type: 'input_text', text: this.unsure.get(id) }];
    this.connection.send({ type: 'conversation.item.create', item: { id, type: 'message', role: 'user', content } });
    this.connection.send({ type: 'response.create' });
  }

  // What a lost network lost of what was typed: all that came through has been told of by now.
  sendUnsure() {
    for (const item of this.unsure.keys()) this.sendTyped(item);
  }

  stop() {
    this.connection.send({ type: 'response.cancel' });
  }

  setMethod(method) {
    this.method = method;
    this.configure();
  }

  // A slider tells every place it passes; the last one counts.
  setPatience(patience) {
    if (typeof patience !== 'number' || !(patience >= 0 && patience <= 1)) return;
    this.patience = patience;
    clearTimeout(this.patienceTimer);
    this.patienceTimer = setTimeout(() => this.configure(), SETTLED_MS);
  }

  setVoice(voice) {
    this.voice = voice && window.isSecureContext;
    this.configure();
  }

  setHold(hold) {
    this.talk.setHold(hold);
  }

  // What the user sees

  state(name, value) {
    const node = document.querySelector(`.sotto-states [data-state=${name}]`);
    node.dataset.value = value;
    node.querySelector('dd').textContent = value;
    this[`${name}State`] = value;
    const busy = this.mouthState === 'speaking' || this.mindState === 'thinking' || this.mindState === 'writing';
    this.stopButton.disabled = !busy;
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
