// Timing: how a turn ended and how long it took, folded away under it.

import { element } from './elements.js';

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

// Milliseconds a reader can take in.
const readable = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

// `latency` by the server's names; `gates`: how often it asked itself whether to speak on, and how often it did.
export function timing({ latency, interrupted, broke_off: brokeOff }, gates) {
  const details = element('details', '');
  const first = latency.e2e_latency ?? latency.ttfat;
  const parts = [
    interrupted ? 'interrupted' : '',
    brokeOff ? 'broke off, there is no more room for this answer; ask it to go on' : '',
    first === undefined ? '' : `first ${latency.e2e_latency ? 'sound' : 'word'} after ${readable(first)}`,
  ];
  const delays = Object.entries(latency).filter(([name]) => name in DELAY_NAMES);
  details.append(element('summary', brokeOff ? 'alarm' : '', parts.filter(Boolean).join(' · ') || 'timing'), ...bars(delays));
  if (gates.asked) {
    details.append(element('p', 'gate', `asked itself ${gates.asked}× whether to speak on, ${gates.open}× yes`));
  }
  return details;
}

function bars(delays) {
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
