/** A run with what it writes to the standard streams kept back. Powertools holds the console's own functions, so the streams are caught. */
export async function captured<T>(run: () => Promise<T>): Promise<{ result: T; lines: string[] }> {
  let text = '';
  const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }));
  for (const { stream } of streams) {
    stream.write = ((chunk: string | Uint8Array) => {
      text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      return true;
    }) as typeof stream.write;
  }
  try {
    const result = await run();
    return { result, lines: text.split('\n').filter((line) => line.startsWith('{')) };
  } finally {
    for (const { stream, write } of streams) stream.write = write;
  }
}
