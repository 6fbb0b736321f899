import type { ImageId, Project, StudioEvent, WallPage } from '../protocol.ts'
import type {
  AdoptHow,
  Bill,
  BillRequest,
  ChangeCheck,
  ChangeRequest,
  FirstManifest,
  GenerateRequest,
  OpenRequest,
  Opened,
  PlanPage,
  Refusal,
  Started,
  Stopping,
  UndoRequest,
  Written,
} from '../protocol-actions.ts'
import type { ImageDetail, Renditions } from '../protocol-image.ts'
import type {
  HistoryPage,
  LeftOverPage,
  LeftOverPlace,
  Moved,
  MoveRequest,
  SpendPage,
} from '../protocol-records.ts'

/** The server said no, and why. */
export class RefusedError extends Error {
  readonly refusal: Refusal['error']

  constructor(refusal: Refusal['error']) {
    super(refusal.message)
    this.name = 'RefusedError'
    this.refusal = refusal
  }
}

/** The server did not answer. */
export class LostError extends Error {
  constructor(cause: unknown) {
    super('The studio does not answer.', { cause })
    this.name = 'LostError'
  }
}

/** Everything that the page asks of its server. Rejects with `RefusedError`, or `LostError`. */
export interface Connection {
  project(): Promise<Project>
  wall(query: {
    after?: string | null
    limit?: number
    since?: number | undefined
  }): Promise<WallPage>
  image(id: ImageId): Promise<ImageDetail>
  renditions(id: ImageId): Promise<Renditions>
  plan(query: { after?: string | null; limit?: number }): Promise<PlanPage>
  history(query: { id: ImageId; after?: string | null; limit?: number }): Promise<HistoryPage>
  spend(query: { after?: string | null; limit?: number }): Promise<SpendPage>
  leftOver(query: {
    place: LeftOverPlace
    after?: string | null
    limit?: number
  }): Promise<LeftOverPage>
  bill(request: BillRequest): Promise<Bill>
  generate(request: GenerateRequest): Promise<Started>
  stop(): Promise<Stopping>
  check(request: ChangeRequest, signal: AbortSignal): Promise<ChangeCheck>
  change(request: ChangeRequest): Promise<Written>
  adopt(
    query: { id: ImageId; digest: string; how: AdoptHow; name: string },
    file: Blob,
  ): Promise<Written>
  undo(request: UndoRequest): Promise<Written>
  firstManifest(): Promise<FirstManifest>
  trash(request: MoveRequest): Promise<Moved>
  restore(request: MoveRequest): Promise<Moved>
  open(request: OpenRequest): Promise<Opened>
  /** Resolves when the server closes the stream. */
  events(receive: (event: StudioEvent) => void, signal: AbortSignal): Promise<void>
}

type Query = Readonly<Record<string, string | number | null | undefined>>

/** A stream without a line for so long is dead: a `beat` comes every 10 seconds. */
const SILENCE = 25_000

export function createConnection(token: string): Connection {
  const headers = { 'x-imagegen-token': token }

  async function answer(path: string, query: Query, init: RequestInit): Promise<Response> {
    const fields = Object.entries(query).flatMap(([name, value]) =>
      value === undefined || value === null ? [] : [[name, String(value)]],
    )
    const search = fields.length === 0 ? '' : `?${new URLSearchParams(fields)}`
    let response: Response
    try {
      response = await fetch(`/api/1/${path}${search}`, { cache: 'no-store', ...init })
    } catch (error) {
      if (init.signal?.aborted === true) throw error
      throw new LostError(error)
    }
    if (response.ok) return response
    throw new RefusedError(await refusalIn(response))
  }

  async function get<Value>(path: string, query: Query = {}): Promise<Value> {
    const response = await answer(path, query, { headers })
    return (await response.json()) as Value
  }

  async function post<Value>(path: string, body: unknown, signal?: AbortSignal): Promise<Value> {
    const response = await answer(
      path,
      {},
      {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: signal ?? null,
      },
    )
    return (await response.json()) as Value
  }

  return {
    project: () => get('project'),
    wall: (query) => get('wall', query),
    image: (id) => get('image', { id }),
    renditions: (id) => get('renditions', { id }),
    plan: (query) => get('plan', query),
    history: (query) => get('history', query),
    spend: (query) => get('spend', query),
    leftOver: (query) => get('left-over', query),
    bill: (request) => post('bill', request),
    generate: (request) => post('generate', request),
    stop: () => post('stop', {}),
    check: (request, signal) => post('check', request, signal),
    change: (request) => post('change', request),
    async adopt(query, file) {
      const response = await answer('adopt', query, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/octet-stream' },
        body: file,
      })
      return (await response.json()) as Written
    },
    undo: (request) => post('undo', request),
    firstManifest: () => post('manifest', {}),
    trash: (request) => post('trash', request),
    restore: (request) => post('restore', request),
    open: (request) => post('open', request),
    async events(receive, signal) {
      const silence = new AbortController()
      let timer = setTimeout(() => silence.abort(), SILENCE)
      const either = AbortSignal.any([signal, silence.signal])
      try {
        const response = await answer('events', {}, { headers, signal: either })
        if (response.body === null) return
        for await (const line of linesOf(response.body)) {
          clearTimeout(timer)
          timer = setTimeout(() => silence.abort(), SILENCE)
          receive(JSON.parse(line) as StudioEvent)
        }
      } catch (error) {
        if (error instanceof RefusedError) throw error
        throw new LostError(error)
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

async function refusalIn(response: Response): Promise<Refusal['error']> {
  try {
    return ((await response.json()) as Refusal).error
  } catch {
    return {
      code: 'failed',
      message: `The studio answered with ${response.status} ${response.statusText}.`,
      problems: [],
    }
  }
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield line
  }
}
