import { once } from 'node:events'
import { numberOption, type Command } from './command.ts'

export const emulator: Command = {
  args: {
    port: { type: 'string', description: 'The port on 127.0.0.1 (default: a free one)', valueHint: 'N' },
    rpm: { type: 'string', description: 'Requests a minute; 0: no limit (default 10)', valueHint: 'N' },
    latency: { type: 'string', description: 'Milliseconds that a request takes (default 0)', valueHint: 'MS' },
    faults: { type: 'string', description: 'A JSON file of scripted faults', valueHint: 'FILE' },
  },
  async run(args, output) {
    const { readFaultsFile, startEmulator } = await import('../emulator/index.ts')
    const port = numberOption(args, 'port', 0)
    const rpm = numberOption(args, 'rpm', 0)
    const latency = numberOption(args, 'latency', 0)
    const faults = args['faults']
    const running = await startEmulator({
      ...(port === undefined ? {} : { port }),
      ...(rpm === undefined ? {} : { rpm }),
      ...(latency === undefined ? {} : { latency }),
      ...(typeof faults === 'string' ? { faults: readFaultsFile(faults) } : {}),
    })
    output.result(running.url)
    output.logger.info(
      `Use it with MINIMAX_API_HOST=${running.url} and any MINIMAX_API_KEY. Ctrl-C ends it.`,
    )
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
    await running.close()
    return 0
  },
}
