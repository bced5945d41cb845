// One turn: what the user said, what was thought, what was answered and heard of it, how long it took.

import { element, isAtEnd, show } from './elements.js';
import { timing } from './timing.js';

const WORD_END = /\S(?=\s|$)/g;

function lane(className, title, hint) {
  const section = element('section', className);
  const heading = element('h3', '', title);
  heading.append(element('small', '', hint));
  const text = element('p', '');
  section.append(heading, text);
  section.hidden = true;
  return { section, text };
}

export class Turn {
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
    this.build();
  }

  build() {
    this.node = element('article', 'turn');
    this.node.hidden = true;
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

  get empty() {
    return !this.user && !this.responseId;
  }

  // Speech that no turn has begun with: it may turn out to be none.
  get undecided() {
    return !this.final && !this.responseId;
  }

  take(event) {
    switch (event.type) {
      case 'input_audio_buffer.speech_started': this.utterance = event.item_id; break;
      case 'sotto.transcript.partial':
        Object.assign(this, { user: event.text, agreed: event.agreed, spoken: true });
        break;
      case 'conversation.item.added':
      case 'conversation.item.done': this.takeItem(event.item); break;
      case 'response.created': this.responseId = event.response.id; break;
      case 'response.reasoning_text.delta': this.think(event, (this.lanes[event.content_index] ?? '') + event.delta); break;
      case 'sotto.reasoning_text.cut':
      case 'response.reasoning_text.done': this.think(event, event.text); break;
      case 'response.output_audio_transcript.delta':
      case 'response.output_text.delta': this.answer += event.delta; break;
      case 'response.output_audio_transcript.done': this.answer = event.transcript; break;
      case 'response.output_text.done': this.answer = event.text; break;
      case 'sotto.phrase': this.addPhrase(event); break;
      case 'sotto.gate': this.gates.asked++; this.gates.open += event.open ? 1 : 0; break;
      case 'response.output_audio.done': this.totalSamples = event.sotto.samples; break;
      case 'sotto.turn': this.finish(event); break;
    }
  }

  takeItem({ id, status, content: [content] }) {
    const final = status === 'completed';
    const user = final ? content.text ?? content.transcript : this.user;
    Object.assign(this, { item: id, final, spoken: content.type === 'input_audio', user });
    if (!this.spoken) this.utterance = undefined;     // what is being said belongs elsewhere
  }

  think({ content_index: index }, text) {
    while (this.lanes.length <= index) this.lanes.push('');
    this.lanes[index] = text;
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

  finish(event) {
    this.done = true;
    if (event.withdrawn) {        // the next turn goes on with these words; unless they are deleted, they stay
      Object.assign(this, { lanes: [], answer: '' });
      return;
    }
    const { answer, heard, interrupted } = event;
    this.answer = answer;
    this.saidChars = interrupted ? (answer.startsWith(heard) ? heard.length : 0) : answer.length;
    this.node.classList.toggle('interrupted', interrupted);
    this.ended = event;
  }

  draw() {
    const agreed = this.final ? this.user.length : this.agreed;
    this.node.hidden = this.empty;
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
    if (this.ended) this.foot.replaceChildren(timing(this.ended, this.gates));
    this.ended = undefined;
  }
}
