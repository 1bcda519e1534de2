/**
 * Commands as the documents have them: what stands in blocks for the shell, and what is quoted inline. A small reading of the POSIX
 * shell: quotes, comments, substitutions, continued lines and operators; enough for documents, and no more.
 */

export interface Command {
  /** Without quotes; a substitution is `$()`, its own commands are listed beside. */
  readonly words: readonly string[];
  /** Words with an expansion outside quotes: zsh leaves it whole, sh splits it. */
  readonly unquoted: readonly string[];
}

const KEYWORDS = ['if', 'then', 'else', 'while', 'until', 'do', 'export', '!', '{'];
const ENDS = ['}', 'fi', 'done', 'esac', ';;'];

/** All commands of a script, those within `$(…)` before the command that they are part of. */
export function commandsIn(script: string): Command[] {
  return new ShellReader(script.replaceAll(/\\\n\s*/g, ' ')).read();
}

class ShellReader {
  private readonly commands: Command[] = [];
  private readonly text: string;
  private at = 0;
  private words: string[] = [];
  private unquoted: string[] = [];
  private word: string | undefined;
  private bare = false;

  constructor(text: string) {
    this.text = text;
  }

  read(): Command[] {
    while (this.at < this.text.length) this.step(this.text[this.at] ?? '');
    this.endCommand();
    return this.commands;
  }

  private step(next: string): void {
    if (next === "'") this.take(this.until("'"));
    else if (next === '"') this.takeDoubleQuoted();
    else if (next === '#' && this.word === undefined) {
      const end = this.text.indexOf('\n', this.at);
      this.at = end < 0 ? this.text.length : end;
    } else if (next === '$' && this.text[this.at + 1] === '(') this.take(this.substitution(), true);
    else this.plain(next);
  }

  private plain(next: string): void {
    this.at += 1;
    if (/\s/.test(next)) {
      this.endWord();
      if (next === '\n') this.endCommand();
    } else if (next === '(' || next === ')') {
      // The name of a function before `()`, or a pattern of `case` before `)`.
      this.forget();
    } else if (/[;&|]/.test(next)) {
      this.endCommand();
    } else {
      this.word = (this.word ?? '') + next;
      if (next === '$') this.bare = true;
    }
  }

  private take(part: string, bare = false): void {
    this.word = (this.word ?? '') + part;
    if (bare) this.bare = true;
  }

  private until(quote: string): string {
    const end = this.text.indexOf(quote, this.at + 1);
    if (end < 0) throw new Error(`a ${quote} is never closed: ${this.text}`);
    const inside = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return inside;
  }

  private takeDoubleQuoted(): void {
    this.at += 1;
    this.take('');
    while (this.text[this.at] !== '"') {
      if (this.at >= this.text.length) throw new Error(`a " is never closed: ${this.text}`);
      if (this.text[this.at] === '\\') this.at += 1;
      else if (this.text.startsWith('$(', this.at)) {
        this.take(this.substitution());
        continue;
      }
      this.take(this.text[this.at] ?? '');
      this.at += 1;
    }
    this.at += 1;
  }

  /** Reads what is in `$(…)`, or `$((…))`, by a reader of its own. */
  private substitution(): string {
    const start = this.at + 2;
    let depth = 1;
    for (this.at = start; depth > 0; this.at += 1) {
      const next = this.text[this.at];
      if (next === undefined) throw new Error(`a $( is never closed: ${this.text}`);
      if (next === "'") this.at = this.text.indexOf("'", this.at + 1);
      if (next === '(') depth += 1;
      if (next === ')') depth -= 1;
    }
    const inside = this.text.slice(start, this.at - 1);
    if (!inside.startsWith('(')) this.commands.push(...new ShellReader(inside).read());
    return '$()';
  }

  private forget(): void {
    this.endWord();
    this.words = [];
    this.unquoted = [];
  }

  private endWord(): void {
    if (this.word !== undefined) {
      this.words.push(this.word);
      if (this.bare) this.unquoted.push(this.word);
    }
    this.word = undefined;
    this.bare = false;
  }

  private endCommand(): void {
    this.endWord();
    const { words, unquoted } = this;
    this.words = [];
    this.unquoted = [];
    while (words[0] !== undefined && (KEYWORDS.includes(words[0]) || /^\w+=/.test(words[0]))) words.shift();
    const [name] = words;
    // Assignments and the word of a `case` are not split by any shell.
    if (name === undefined || ENDS.includes(name)) return;
    this.commands.push({
      words,
      unquoted: name === 'case' ? [] : unquoted.filter((word) => words.includes(word)),
    });
  }
}

/** The scripts of a document's blocks for the shell. */
export function shellBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block);
}

/** What is quoted inline and begins like a command of these. */
export function inlineCommands(markdown: string, names: readonly string[]): string[] {
  const prose = markdown.replaceAll(/^```.*?^```/gms, '');
  const begins = new RegExp(`^(\\w+=\\S+ )*(${names.join('|')}) `);
  return [...prose.matchAll(/`([^`]+)`/g)].flatMap(([, quoted = '']) =>
    begins.test(quoted) ? [quoted.replaceAll(/\s*\n\s*/g, ' ')] : [],
  );
}
