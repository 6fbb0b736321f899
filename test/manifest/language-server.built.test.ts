import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node'

const require = createRequire(import.meta.url)
const server = path.join(
  path.dirname(require.resolve('yaml-language-server/package.json')),
  'bin/yaml-language-server',
)
const schema = pathToFileURL(path.join(import.meta.dirname, '../../dist/schema.json')).href

/** A document in an editor, with `|` at the cursor. */
interface Opened {
  readonly diagnostics: readonly Diagnostic[]
  /** The completions at the cursor. */
  readonly complete: () => Promise<Completion[]>
  /** The hover text at the cursor. */
  readonly hover: () => Promise<string>
}

interface Diagnostic {
  readonly message: string
  readonly range: { readonly start: { readonly line: number; readonly character: number } }
}

interface Completion {
  readonly label: string
  readonly insertText?: string
  readonly documentation?: string | { readonly value: string }
}

let connection: MessageConnection
let stop: () => Promise<void>
const published = new Map<string, (diagnostics: readonly Diagnostic[]) => void>()
let documents = 0

beforeAll(async () => {
  const child = spawn(process.execPath, [server, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
  connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  )
  stop = async () => {
    connection.dispose()
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  connection.onRequest(
    'workspace/configuration',
    ({ items }: { items: Array<{ section: string }> }) =>
      items.map(({ section }) =>
        section === 'yaml'
          ? // The schema store is on the network.
            { schemaStore: { enable: false }, completion: true, hover: true, validate: true }
          : null,
      ),
  )
  connection.onRequest('client/registerCapability', () => null)
  connection.onNotification(
    'textDocument/publishDiagnostics',
    ({ uri, diagnostics }: { uri: string; diagnostics: Diagnostic[] }) =>
      published.get(uri)?.(diagnostics),
  )
  connection.listen()
  await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: {
      workspace: { configuration: true, didChangeConfiguration: { dynamicRegistration: true } },
      textDocument: { completion: { completionItem: { documentationFormat: ['markdown'] } } },
    },
  })
  await connection.sendNotification('initialized', {})
})

afterAll(() => stop())

async function open(body: string): Promise<Opened> {
  const written = `# yaml-language-server: $schema=${schema}\n${body}`
  const before = written.split('|')[0]?.split('\n') ?? []
  const uri = `file:///document-${documents++}.image.yaml`
  const answer = new Promise<readonly Diagnostic[]>((resolve) => published.set(uri, resolve))
  await connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'yaml', version: 1, text: written.replace('|', '') },
  })
  const at = {
    textDocument: { uri },
    position: { line: before.length - 1, character: before.at(-1)?.length ?? 0 },
  }
  return {
    diagnostics: await answer,
    async complete() {
      const list: { items: Completion[] } = await connection.sendRequest(
        'textDocument/completion',
        at,
      )
      return list.items
    },
    async hover() {
      const hover: { contents: { value: string } } | null = await connection.sendRequest(
        'textDocument/hover',
        at,
      )
      return hover?.contents.value ?? ''
    },
  }
}

/** `line:column message`, the line that names the schema being 0. */
async function diagnosticsOf(body: string): Promise<string[]> {
  const { diagnostics } = await open(body)
  return diagnostics.map(
    ({ message, range }) => `${range.start.line}:${range.start.character} ${message}`,
  )
}

async function labelsAt(body: string): Promise<string[]> {
  const { complete } = await open(body)
  return (await complete()).map(({ label }) => label)
}

function textOf({ documentation }: Completion): string {
  return typeof documentation === 'string' ? documentation : (documentation?.value ?? '')
}

describe('diagnostics', () => {
  test.each([
    ['named images', 'images:\n  kira: { prompt: Kira, alt: "" }\n'],
    ['one image', 'prompt: Kira\nalt: Kira\nprocess: [trim, { resize: 64 }]\n'],
    [
      'everything at once',
      'defaults: { output: { formats: [avif], quality: { avif: 40 } } }\nvars: { a: b }\n' +
        'images:\n  "a-${b}":\n    prompt: x\n    matrix: { b: [1] }\n    references: ["#c", { from: ./d.png }]\n',
    ],
  ])('none for a good manifest with %s', async (_, body) => {
    expect(await diagnosticsOf(body)).toEqual([])
  })

  test.each([
    ['images:\n  kira:\n    promt: x\n', '3:4 Property promt is not allowed.'],
    ['promt: x\n', '1:0 Property promt is not allowed.'],
    ['prompt: x\nalternative: y\n', '2:0 Property alternative is not allowed.'],
    ['prompt: x\nimages: {}\n', '1:0 Property prompt is not allowed.'],
    ['defaults: {}\nimagse: {}\n', '2:0 Property imagse is not allowed.'],
    ['prompt: x\nsource: ./x.png\n', '2:0 Property source is not allowed.'],
    ['prompt: x\nprocess:\n  - resize: { widht: 64 }\n', '3:14 Property widht is not allowed.'],
    ['prompt: x\nprocess:\n  - rezise: 64\n', '3:4 Property rezise is not allowed.'],
    [
      'prompt: x\nreferences:\n  - { from: ./a.png, tpye: character }\n',
      '3:21 Property tpye is not allowed.',
    ],
    [
      'prompt: x\noutput: { placeholder: blurr }\n',
      '2:23 Value is not accepted. Valid values: "blur", "color", "none".',
    ],
    [
      'images:\n  kira:\n    prompt: x\n    output:\n      formats: [webpp]\n',
      '5:16 Value is not accepted. Valid values: "avif", "webp", "jpeg", "png", "gif", "jxl".',
    ],
    [
      'prompt: x\nprocess: [{ resize: { width: 9, fit: crop } }]\n',
      '2:37 Value is not accepted. Valid values: "cover", "contain", "fill", "inside", "outside".',
    ],
  ])('%j: one, at its place', async (body, expected) => {
    expect(await diagnosticsOf(body)).toEqual([expected])
  })
})

describe('completion', () => {
  test('offers the fields of both forms in an empty manifest', async () => {
    const expected = ['images', 'defaults', 'vars', 'prompt', 'source', 'output']
    expect(await labelsAt('|')).toEqual(expect.arrayContaining(expected))
    expect(await labelsAt('vars: { a: b }\n|')).toEqual(
      expect.arrayContaining(['images', 'prompt']),
    )
    expect(await labelsAt('i|')).toContain('images')
  })

  test('offers only the fields of the form in use', async () => {
    const named = await labelsAt('images: {}\n|')
    expect(named.toSorted()).toEqual(['defaults', 'extends', 'vars'])
    const single = await labelsAt('prompt: x\n|')
    expect(single).toEqual(expect.arrayContaining(['alt', 'references', 'vars']))
    expect(single).not.toContain('images')
    expect(single).not.toContain('prompt')
    const style = await labelsAt('defaults: {}\n|')
    expect(style.toSorted()).toEqual(['extends', 'images', 'vars'])
  })

  test('describes every field of an image', async () => {
    const { complete } = await open('images:\n  kira:\n    prompt: x\n    |\n')
    const items = await complete()
    expect(items.map(({ label }) => label)).toEqual(
      expect.arrayContaining(['alt', 'n', 'pick', 'seed', 'matrix', 'process', 'output']),
    )
    for (const item of items) expect(textOf(item), item.label).toMatch(/\.$/)
    expect(textOf(items.find(({ label }) => label === 'pick')!)).toBe(
      'Which candidate to use: its number from 1, or at least 8 hex digits of its SHA-256, in quotes. `imagegen pick` writes it.',
    )
  })

  test('offers the values of a list of words', async () => {
    const { complete } = await open('prompt: x\noutput:\n  placeholder: |\n')
    const items = await complete()
    expect(items.map(({ label }) => label)).toEqual(['blur', 'color', 'none'])
    for (const item of items) expect(textOf(item)).toContain('blurred image')
    expect(await labelsAt('prompt: x\noutput:\n  formats:\n    - |\n')).toEqual(
      'avif webp jpeg png gif jxl'.split(' '),
    )
    expect(
      await labelsAt('prompt: x\nprocess:\n  - resize:\n      width: 64\n      kernel: n|\n'),
    ).toContain('nearest')
  })

  test('offers the operations, with those without an argument as plain names', async () => {
    const { complete } = await open('prompt: x\nprocess:\n  - |\n')
    const items = await complete()
    const inserted = new Map(items.map((item) => [item.label, item]))
    expect(inserted.get('trim')?.insertText).toBe('trim')
    expect(inserted.get('rotate')?.insertText).toBe('rotate')
    expect(inserted.get('resize')?.insertText).toMatch(/^resize:/)
    for (const item of items) expect(textOf(item), item.label).toMatch(/\.$/)
  })

  test('offers the options of an operation', async () => {
    expect(await labelsAt('prompt: x\nprocess:\n  - resize:\n      width: 64\n      |\n')).toEqual(
      expect.arrayContaining(['height', 'fit', 'kernel', 'withoutEnlargement']),
    )
  })
})

describe('hover', () => {
  test.each([
    ['images:\n  kira:\n    se|ed: 7\n', 'The seed of the first candidate.'],
    ['images:\n  kira:\n    output:\n      for|mats: [webp]\n', 'The formats to write, best first'],
    ['prompt: x\nprocess:\n  - resize:\n      ker|nel: nearest\n', 'keeps pixel art crisp'],
    ['va|rs: { a: b }\nimages: {}\n', 'They override the'],
    ['prompt: x\nprocess: [tr|im]\n', 'Trims a border of one colour.'],
  ])('describes the field at %j', async (body, expected) => {
    const { hover } = await open(body)
    expect(await hover()).toContain(expected)
  })
})
