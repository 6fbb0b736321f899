import { JSON_OPTION, type Command } from '../command.ts'
import { createPipeline } from '../../pipeline.ts'
import { messageOf } from '../../shared/errors.ts'
import { openOptions } from '../project.ts'
import { onInterrupt } from '../terminal/interrupt.ts'

export const studio: Command = {
  options: {
    port: { value: 'N', about: 'the port (default: a free one)' },
    host: { value: 'ADDRESS', about: 'the address to listen on; beyond this machine, read-only' },
    open: { about: 'open the page in the browser' },
    'read-only': { about: 'show everything; write and spend nothing' },
    ...JSON_OPTION,
  },
  examples: [
    { line: '', about: 'see, pick, correct and generate the pictures of this project' },
    { line: '--port 4000 --open', about: 'the same at a fixed port, in the browser' },
  ],
  async run(given, output) {
    const { findEditor, openInBrowser } = await import('../../studio/actions/programs.ts')
    const { readPage } = await import('../../studio/listener/page-file.ts')
    const { startStudio } = await import('../../studio/studio.ts')
    const { createOwnSubject } = await import('../../studio/subject.ts')
    const isReadOnly = given.flag('read-only')
    const onProblem = (error: unknown): void => output.logger.error(messageOf(error))
    const subject = createOwnSubject(
      async (earlier) =>
        createPipeline(
          await openOptions(output),
          output.logger,
          earlier,
          isReadOnly ? 'look' : 'make',
        ),
      onProblem,
    )
    let interrupted = (): void => undefined
    // The reader of the address may stop the process at once.
    const interruption = new Promise<void>((resolve) => {
      interrupted = resolve
    })
    let release = onInterrupt(interrupted)
    let forget = (): void => undefined
    try {
      const running = await startStudio({
        subject,
        page: await readPage(),
        port: given.count('port'),
        host: given.text('host'),
        isReadOnly,
        editor: findEditor(process.env),
        onProblem,
      })
      if (given.flag('json')) output.json({ version: 1, url: running.address })
      else output.result(`Studio: ${running.address}`)
      if (given.flag('open')) {
        forget = await openInBrowser(running.address, process.env).catch((error: unknown) => {
          output.logger.warn(messageOf(error))
          return () => undefined
        })
      }
      await interruption
      release()
      release = onInterrupt(() => running.abandon())
      if (running.isBusy()) {
        output.logger.warn(
          'Waiting for the requests under way: they are paid for. Press Ctrl-C again to abandon them.',
        )
      }
      await running.close()
      return 0
    } finally {
      release()
      forget()
      await subject.close()
    }
  },
}
