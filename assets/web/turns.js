// Turns: draws the conversation. Text is collected as it comes and put on the page once per animation frame.

const WORD_END = /\S(?=\s|$)/g;

// Milliseconds a reader can take in.
const readable = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

const DELAY_NAMES = {
  end_of_turn_delay: 'end of your turn noticed',
  transcription_delay: 'your words known',
  ttft: 'first thought or word',
  ttfat: 'first word of the answer',
  ttfa: 'speech synthesis',
  e2e_latency: 'first sound',
  first_result: 'first result',
  total_delay: 'silence in all',
  interrupt_to_silence: 'interruption to silence',
};

function element(tag, className, text = '') {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

// Shows a text that mostly grows: long thoughts are appended to, not laid out anew.
function show(node, text) {
  const shown = node.firstChild?.data ?? '';
  if (shown && text.startsWith(shown)) node.firstChild.appendData(text.slice(shown.length));
  else node.textContent = text;
}

function lane(className, title, hint) {
  const section = element('section', className);
  const heading = element('h3', '', title);
  heading.append(element('small', '', hint));
  const text = element('p', '');
  section.append(heading, text);
  section.hidden = true;
  return { section, text };
}

// One exchange: what the user said, what was thought, what was answered, how long it took.
class Turn {
  constructor() {
    this.user = '';
    this.agreed = 0;              // characters of `user` that will not change
    this.final = false;
    this.lanes = [];              // thoughts, one text for each worker or thread
    this.answer = '';
    this.phrases = [];            // {start, end, epoch, firstSample} of the answer's spoken phrases
    this.saidChars = 0;
    this.voiced = false;
    this.gates = { asked: 0, open: 0 };
    this.node = element('article', 'turn');
    this.bubble = element('div', 'user');
    this.userText = element('p', '');
    this.thoughtsLane = lane('thoughts', 'Thoughts', 'not spoken');
    this.thoughtsLane.section.setAttribute('aria-live', 'off');     // a screen reader reads answers, not thoughts
    this.answerLane = lane('answer', 'Answer', '');
    this.said = element('span', 'said');
    this.unsaid = element('span', 'unsaid');
    this.answerLane.text.append(this.said, this.unsaid);
    this.bubble.append(this.userText);
    const lanes = element('div', 'lanes');
    lanes.append(this.thoughtsLane.section, this.answerLane.section);
    this.foot = element('footer', 'timing');
    this.node.append(this.bubble, lanes, this.foot);
  }

  get thoughts() {
    return this.lanes.map((text) => text.trim()).join('\n\n');
  }

  think({ content_index: index }, text) {
    while (this.lanes.length <= index) this.lanes.push('');
    this.lanes[index] = text;
  }

  get empty() {
    return !this.user && !this.responseId;
  }

  addPhrase({ epoch, first_sample: firstSample, text }) {
    const wanted = text.trim();
    const from = this.phrases.at(-1)?.end ?? 0;
    const at = this.answer.indexOf(wanted, from);
    const start = at < 0 ? from : at;
    this.phrases.push({ epoch, firstSample, start, end: start + wanted.length });
    this.voiced = true;
  }

  // `heard` samples of the epoch: the phrase they fall in, and the share of it, by whole words.
  heardUntil(epoch, heard, total) {
    const index = this.phrases.findLastIndex((phrase) => phrase.epoch === epoch && phrase.firstSample <= heard);
    if (index < 0) return;
    const { start, end, firstSample } = this.phrases[index];
    const next = this.phrases[index + 1]?.firstSample ?? Math.max(total, heard + 1);
    const share = Math.min(1, (heard - firstSample) / (next - firstSample));
    const limit = start + share * (end - start);
    let said = start;
    for (const { index: last } of this.answer.slice(start, end).matchAll(WORD_END)) {
      if (start + last + 1 <= limit) said = start + last + 1;
    }
    this.saidChars = Math.max(this.saidChars, said);
  }

  finish({ answer, heard, interrupted, latency }) {
    this.answer = answer;
    this.done = true;
    this.saidChars = interrupted ? Math.max(answer.startsWith(heard) ? heard.length : 0, 0) : answer.length;
    this.node.classList.toggle('interrupted', interrupted);
    this.timing = { latency, interrupted };
  }

  drawTiming({ latency, interrupted }) {
    const delays = Object.entries(latency).filter(([name]) => name in DELAY_NAMES);
    const first = latency.e2e_latency ?? latency.ttfat;
    const details = element('details', '');
    const parts = [interrupted ? 'interrupted' : '', first === undefined ? '' : `first ${latency.e2e_latency ? 'sound' : 'word'} after ${readable(first)}`];
    details.append(element('summary', '', parts.filter(Boolean).join(' · ') || 'timing'), ...this.bars(delays));
    if (this.gates.asked) {
      details.append(element('p', 'gate', `asked itself ${this.gates.asked}× whether to speak on, ${this.gates.open}× yes`));
    }
    this.foot.replaceChildren(details);
  }

  bars(delays) {
    const longest = Math.max(1, ...delays.map(([, ms]) => ms));
    return delays.map(([name, ms]) => {
      const row = element('div', 'bar');
      const fill = element('i', '');
      fill.style.width = `${(100 * ms) / longest}%`;
      row.title = name;
      row.append(element('span', '', DELAY_NAMES[name]), fill, element('b', '', readable(ms)));
      return row;
    });
  }

  draw() {
    const agreed = this.final ? this.user.length : this.agreed;
    this.userText.replaceChildren(this.user.slice(0, agreed), element('span', 'open', this.user.slice(agreed)));
    this.bubble.hidden = !this.user;
    this.bubble.classList.toggle('live', !this.final);
    this.bubble.classList.toggle('spoken', Boolean(this.spoken));
    const atEnd = isAtEnd(this.thoughtsLane.text);
    show(this.thoughtsLane.text, this.thoughts.trimEnd());
    if (atEnd) this.thoughtsLane.text.scrollTop = this.thoughtsLane.text.scrollHeight;
    const said = this.voiced ? this.saidChars : this.answer.length;
    show(this.said, this.answer.slice(0, said));
    show(this.unsaid, this.answer.slice(said));
    this.thoughtsLane.section.hidden = !this.thoughts;
    this.answerLane.section.hidden = !this.answer;
    this.node.classList.toggle('working', Boolean(this.responseId) && !this.done);
    if (this.timing) this.drawTiming(this.timing);
    this.timing = undefined;
  }
}

const isAtEnd = (node) => node.scrollHeight - node.scrollTop - node.clientHeight < 40;

// The list of turns, fed with the socket's events.
export class Turns {
  constructor(node) {
    this.node = node;
    this.turns = [];
    this.changed = new Set();
    this.follow = true;           // until the reader scrolls up
    this.lastTop = 0;
    node.addEventListener('scroll', () => this.scrolled());
    new ResizeObserver(() => this.scroll()).observe(node);
  }

  // A new conversation: what was said so far stays to be read.
  clear(note) {
    if (!this.turns.length) return;
    for (const turn of this.turns) {
      turn.done = true;
      turn.draw();
    }
    this.turns = [];
    this.node.append(element('p', 'divider', note));
    this.scroll();
  }

  // The user went on with what was said: the next turn has its words too.
  remove(turn) {
    if (!turn) return;
    turn.node.remove();
    this.turns = this.turns.filter((each) => each !== turn);
    this.changed.delete(turn);
  }

  take(event) {
    if (event.type === 'sotto.turn' && event.withdrawn) return this.remove(this.byResponse(event.response_id));
    const turn = this.turnOf(event);
    if (!turn) return;
    this.apply(turn, event);
    this.changed.add(turn);
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  turnOf({ type, response_id: id, response, item }) {
    if (type === 'input_audio_buffer.speech_started' || type === 'sotto.transcript.partial') return this.listening();
    if ((type === 'conversation.item.added' || type === 'conversation.item.done') && item.role === 'user') {
      const known = this.turns.findLast((turn) => turn.item === item.id);
      if (known) return known;
      return item.content[0].type === 'input_text' ? this.typed() : this.listening();
    }
    if (type === 'response.created') return this.byResponse(response.id) ?? this.unanswered();
    return this.byResponse(id);
  }

  apply(turn, event) {
    switch (event.type) {
      case 'sotto.transcript.partial':
        Object.assign(turn, { user: event.text, agreed: event.agreed, spoken: true });
        break;
      case 'conversation.item.added':
      case 'conversation.item.done': {
        const [content] = event.item.content;
        const text = content.text ?? content.transcript;
        const final = event.item.status === 'completed';
        Object.assign(turn, { item: event.item.id, final, spoken: content.type === 'input_audio', user: final ? text : turn.user });
        break;
      }
      case 'response.created': turn.responseId = event.response.id; break;
      case 'response.reasoning_text.delta': turn.think(event, (turn.lanes[event.content_index] ?? '') + event.delta); break;
      case 'sotto.reasoning_text.cut':
      case 'response.reasoning_text.done': turn.think(event, event.text); break;    // pieces may be lost with a network
      case 'response.output_audio_transcript.delta':
      case 'response.output_text.delta': turn.answer += event.delta; break;
      case 'response.output_audio_transcript.done': turn.answer = event.transcript; break;
      case 'response.output_text.done': turn.answer = event.text; break;
      case 'sotto.phrase': turn.addPhrase(event); break;
      case 'sotto.gate': turn.gates.asked++; turn.gates.open += event.open ? 1 : 0; break;
      case 'response.output_audio.done': turn.totalSamples = event.sotto.samples; break;
      case 'sotto.turn': turn.finish(event); break;
    }
  }

  heard(epoch, samples) {
    const turn = this.turns.findLast((each) => each.phrases.some((phrase) => phrase.epoch === epoch));
    if (!turn || turn.done) return;
    turn.heardUntil(epoch, samples, turn.totalSamples ?? 0);
    this.changed.add(turn);
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  byResponse(id) {
    return id && this.turns.findLast((turn) => turn.responseId === id);
  }

  // The turn whose words are still coming in; thoughts about it may have begun already.
  listening() {
    const last = this.turns.at(-1);
    return last && !last.final && !last.done ? last : this.add();
  }

  typed() {
    this.follow = true;
    const last = this.turns.at(-1);
    return last?.empty ? last : this.add();
  }

  unanswered() {
    const last = this.turns.at(-1);
    return last && !last.responseId ? last : this.add();
  }

  add() {
    const turn = new Turn();
    this.turns.push(turn);
    this.node.querySelector('.sotto-empty')?.remove();
    document.body.classList.add('sotto-talking');
    this.node.append(turn.node);
    this.scroll();
    return turn;
  }

  draw() {
    this.frame = undefined;
    for (const turn of this.changed) turn.draw();
    this.changed.clear();
    this.scroll();
  }

  // Text that has grown since is no scrolling up.
  scrolled() {
    const { scrollTop } = this.node;
    this.follow = isAtEnd(this.node) || (this.follow && scrollTop >= this.lastTop);
    this.lastTop = scrollTop;
  }

  scroll() {
    if (!this.follow) return;
    this.node.scrollTop = this.node.scrollHeight;
    this.lastTop = this.node.scrollTop;
  }
}
