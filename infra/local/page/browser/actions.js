/** Sends a button's action with the token of this run, and shows the result below the buttons. */
import { setAttribute, setText } from './dom.js';

const KEY = 'clickledger-token';

/** From the address that `npm start` printed. Kept for this tab only, and removed from the address bar. */
export const token = readToken();

function readToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given !== null) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, '', location.pathname);
  }
  return given ?? sessionStorage.getItem(KEY);
}

const said = document.getElementById('said');

/** Returns true if the action succeeded. The button is busy in the meantime. */
export async function act(action, button) {
  setAttribute(button, 'aria-busy', 'true');
  try {
    const response = await fetch('/actions', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: JSON.stringify(action),
    });
    const answer = await response.json();
    say(response.ok ? answer.said : `Not done: ${answer.error}`, response.ok);
    return response.ok;
  } catch {
    say('Not done: npm start does not answer', false);
    return false;
  } finally {
    setAttribute(button, 'aria-busy', undefined);
  }
}

function say(text, isGood) {
  setText(said, text.charAt(0).toUpperCase() + text.slice(1));
  setAttribute(said, 'data-tone', isGood ? 'good' : 'bad');
}
