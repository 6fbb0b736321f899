import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { startEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/index.ts'
import { resolveOptions } from '../../src/options.ts'
import type { Options } from '../../src/options/options.ts'
import { createPipeline } from '../../src/pipeline.ts'
import { createSilentLogger } from '../../src/shared/logger.ts'
import { pageOf } from '../../src/studio/listener/page-file.ts'
import type { Project } from '../../src/studio/protocol.ts'
import { startStudio, type Studio, type StudioOptions } from '../../src/studio/studio.ts'
import { createOwnSubject, type Subject } from '../../src/studio/subject.ts'
import { askRaw } from '../raw-request.ts'
import { temporaryProject, type FileTree, type TemporaryProject } from '../temporary-project.ts'

/** The provider's key, which no answer may hold. */
export const KEY = 'sk-studio-0123456789-not-to-be-seen'

export const PAGE =
  '<!doctype html><title>studio</title><style>p{color:red}</style><script type="module">1</script>'

/** An answer, whatever its status. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: <Value>() => Value
}

/** A studio of a project in a temporary folder, whose provider is an emulator. */
export interface OpenStudio {
  readonly project: TemporaryProject
  readonly emulator: Emulator
  readonly studio: Studio
  readonly problems: unknown[]
  readonly origin: string
  readonly port: number
  readonly token: string
  /** As the page asks: with the token. */
  readonly get: (path: string) => Promise<Answer>
  /** As the page does: with the token, JSON and the origin that browsers add. */
  readonly post: (path: string, body: unknown) => Promise<Answer>
  readonly ask: (path: string, init?: RequestInit) => Promise<Answer>
  /** What a request, as text, is answered with by the socket. `then`: whether the client goes away after sending. */
  readonly raw: (request: string, then?: 'wait' | 'leave') => Promise<string>
}

export interface OpenStudioSettings {
  readonly files: FileTree
  readonly inline?: Options
  readonly studio?: Partial<StudioOptions>
  /** Puts something between the studio and its project. */
  readonly subject?: (own: Subject) => Subject
  readonly emulator?: EmulatorOptions
  /** Default: one that the emulator takes. */
  readonly apiKey?: string
}

export async function openStudio({
  files,
  inline = {},
  studio: settings = {},
  subject: around = (own) => own,
  emulator: faults = {},
  apiKey = KEY,
}: OpenStudioSettings): Promise<OpenStudio> {
  const project = await temporaryProject(files)
  const emulator = await startEmulator({ rpm: 0, ...faults })
  onTestFinished(() => emulator.close())
  const problems: unknown[] = []
  const subject = createOwnSubject(
    async (earlier) => {
      const options = await resolveOptions({
        start: project.root,
        inline: { types: false, mode: 'generate', ...inline },
        mode: 'development',
        isBuild: false,
        environment: { MINIMAX_API_HOST: emulator.url, MINIMAX_API_KEY: apiKey },
      })
      return createPipeline(options, createSilentLogger(), earlier, 'make')
    },
    (error) => problems.push(error),
  )
  const studio = await startStudio({
    subject: around(subject),
    page: pageOf(PAGE),
    onProblem: (error) => problems.push(error),
    ...settings,
  })
  onTestFinished(async () => {
    await studio.close()
    await subject.close()
  })
  const address = new URL(studio.address)
  const token = address.hash.replace('#token=', '')
  const { origin } = address
  const port = Number(address.port)

  async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(`${origin}${path}`, init)
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: <Value>() => JSON.parse(text) as Value,
    }
  }

  const headers = { 'x-imagegen-token': token }
  return {
    project,
    emulator,
    studio,
    problems,
    origin,
    port,
    token,
    ask,
    get: (path) => ask(path, { headers }),
    post: (path, body) =>
      ask(path, {
        method: 'POST',
        headers: { ...headers, origin, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    raw: (request, then) => askRaw(port, request, then),
  }
}

/** A project that is read for the first time, until the test says that it is done. */
export interface SlowProject {
  /** For `OpenStudioSettings`. */
  readonly subject: (own: Subject) => Subject
  readonly finish: () => void
}

export function slowProject(reading: { readonly read: number; readonly of: number }): SlowProject {
  const done = new AbortController()
  return {
    subject: (own) => ({
      ...own,
      pipeline: async () => ({ ...(await own.pipeline()), reading: () => reading }),
      async survey() {
        if (!done.signal.aborted) await once(done.signal, 'abort')
        return own.survey()
      },
    }),
    finish: () => done.abort(),
  }
}

/** The address of a picture. */
export async function pictureAddress({ get }: OpenStudio, key: string): Promise<string> {
  return `${(await get('/api/1/project')).json<Project>().pictures}/${key}`
}
