/** Sends what a button asks for, with the token of this run, and says below the buttons what came of it. */
import { setAttribute, setText } from './dom.js';

const KEY = 'clickledger-token';

/** From the address that `npm start` printed; kept for this tab only, and taken out of what the address bar shows. */
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

/** True where it was done. The button waits meanwhile. */
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
    say('Not done: the ground does not answer', false);
    return false;
  } finally {
    setAttribute(button, 'aria-busy', undefined);
  }
}

function say(text, isGood) {
  setText(said, text.charAt(0).toUpperCase() + text.slice(1));
  setAttribute(said, 'data-tone', isGood ? 'good' : 'bad');
}
