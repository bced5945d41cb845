// Turns: the conversation's list, fed with the socket's events. Text is collected as it comes and put on the page once
// per animation frame.

import { element, isAtEnd } from './elements.js';
import { Turn } from './turn.js';

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
    for (const turn of this.turns.filter((each) => each.empty)) this.remove(turn);
    if (!this.turns.length) return;
    for (const turn of this.turns) {
      turn.done = true;
      turn.draw();
    }
    this.turns = [];
    this.node.append(element('p', 'divider', note));
    this.scroll();
  }

  take(event) {
    switch (event.type) {
      case 'conversation.item.deleted': return this.remove(this.turns.findLast((turn) => turn.item === event.item_id));
      case 'sotto.transcript.dropped':
        return this.remove(this.turns.findLast((turn) => turn.utterance === event.item_id && turn.undecided));
    }
    const turn = this.turnOf(event);
    if (!turn) return;
    turn.take(event);
    this.redraw(turn);
  }

  heard(epoch, samples) {
    const turn = this.turns.findLast((each) => each.phrases.some((phrase) => phrase.epoch === epoch));
    if (!turn || turn.done) return;
    turn.heardUntil(epoch, samples, turn.totalSamples ?? 0);
    this.redraw(turn);
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

  // It was no turn, or the next one has its words too.
  remove(turn) {
    if (!turn) return;
    turn.node.remove();
    this.turns = this.turns.filter((each) => each !== turn);
    this.changed.delete(turn);
  }

  redraw(turn) {
    this.changed.add(turn);
    this.frame ??= requestAnimationFrame(() => this.draw());
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
