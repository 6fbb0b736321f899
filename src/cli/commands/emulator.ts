import { JSON_OPTION, type Command } from '../command.ts'
import { onInterrupt } from '../terminal/interrupt.ts'

export const emulator: Command = {
  options: {
    port: { value: 'N', about: 'the port on 127.0.0.1 (default: a free one)' },
    rpm: { value: 'N', about: 'requests per minute; 0 for no limit (default: 10)' },
    latency: { value: 'MS', about: 'milliseconds per request (default: 0)' },
    faults: { value: 'FILE', about: 'a JSON file of scripted faults' },
    ...JSON_OPTION,
  },
  examples: [
    { line: '--port 4010 --rpm 0', about: 'listen on port 4010, without a rate limit' },
    { line: '--faults faults.json', about: 'answer with the faults of a file' },
  ],
  async run(given, output) {
    const { readFaultsFile, startEmulator } = await import('../../emulator/index.ts')
    const faults = given.text('faults')
    const options = {
      port: given.count('port') ?? 0,
      rpm: given.count('rpm') ?? 10,
      latency: given.count('latency') ?? 0,
      faults: faults === undefined ? [] : readFaultsFile(faults),
    }
    let release = (): void => {}
    // Listen before printing the URL, because the reader of the URL may stop the process at once.
    const interrupted = new Promise<void>((resolve) => {
      release = onInterrupt(resolve)
    })
    try {
      const running = await startEmulator(options)
      if (given.flag('json')) output.json({ version: 1, url: running.url })
      else output.result(running.url)
      output.logger.info(
        `Use it with MINIMAX_API_HOST=${running.url} and any MINIMAX_API_KEY. Press Ctrl-C to stop it.`,
      )
      await interrupted
      await running.close()
      return 0
    } finally {
      release()
    }
  },
}
