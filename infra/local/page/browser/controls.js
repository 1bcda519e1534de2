/** The buttons that concern everything: traffic, servers, bad records, reset. */
import { act } from './actions.js';
import { h, keyed, setAttribute, setText } from './dom.js';
import { count } from './format.js';
import { makeSwitch } from './switch.js';

const place = document.getElementById('controls');
let parts;

export function renderControls({ controls }) {
  parts ??= build();
  keyed(parts.rates, controls.rates, String, makeRate);
  for (const button of parts.rates.children)
    setAttribute(button, 'aria-pressed', String(button.value === String(controls.rate)));
  parts.heat.update(controls.heated);
  parts.throttle.update(controls.throttled);
  parts.broker.disabled = controls.brokerIsForeign;
  setText(
    parts.brokerSays,
    controls.brokerIsForeign ? 'your own: not ours to kill' : 'killed, then started on its data',
  );
}

function build() {
  const rates = h('div', { class: 'segments', role: 'group', 'aria-label': 'Clicks a second' });
  const heat = makeSwitch('Heat one key', 'heat-key');
  const throttle = makeSwitch('Throttle DynamoDB', 'throttle');
  const brokerSays = h('span', { class: 'hint' });
  const broker = button('Restart broker', 'restart-broker');
  place.append(
    block('Clicks a second', rates, control(heat.element, 'as many again, of one advertiser')),
    block(
      'Servers',
      h('div', { class: 'control' }, broker, brokerSays),
      control(throttle.element, 'refuses 9 of 10 requests'),
    ),
    block(
      'Records',
      control(button('Send poison', 'send-poison'), 'no clicks: set aside, with the reason'),
      control(button('Send one twice', 'send-duplicate'), 'two records, two positions: both count'),
    ),
    h('div', { class: 'block' }, control(button('Reset', 'reset'), 'all back to normal; the ledgers stay')),
  );
  return { rates, heat, throttle, broker, brokerSays };
}

function block(title, ...children) {
  return h('div', { class: 'block' }, h('h3', {}, title), ...children);
}

function control(element, says) {
  return h('div', { class: 'control' }, element, h('span', { class: 'hint' }, says));
}

function button(text, action) {
  const element = h('button', { type: 'button', 'data-action': action }, text);
  element.addEventListener('click', () => act({ action }, element));
  return element;
}

function makeRate(rate) {
  const element = h('button', { type: 'button', value: rate, 'aria-pressed': 'false' }, count(rate));
  element.addEventListener('click', () => act({ action: 'set-rate', rate }, element));
  return { element, update() {} };
}
