/** The help of a command as a person reads it, the text after its options included. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';

const WIDTH = 100;

export function helpOf(command: CommandUnknownOpts): string {
  let text = '';
  command.configureOutput({
    writeOut: (more) => {
      text += more;
    },
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}
