/** A switch. It shows the state of the local runtime, not the last click. */
import { act } from './actions.js';
import { h, setAttribute, setText } from './dom.js';

export function makeSwitch(text, action, label) {
  const state = h('span', { class: 'switch-state' });
  const track = h('span', { class: 'switch-track', 'aria-hidden': 'true' });
  const attributes = {
    type: 'button',
    class: 'switch',
    role: 'switch',
    'data-action': action,
    'aria-checked': 'false',
  };
  const element = h('button', { ...attributes, 'aria-label': label }, track, text, state);
  const isOn = () => element.getAttribute('aria-checked') === 'true';
  element.addEventListener('click', () => act({ action, on: !isOn() }, element));
  return {
    element,
    update(on) {
      setAttribute(element, 'aria-checked', String(on));
      setText(state, on ? 'on' : 'off');
    },
  };
}
