import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { minimax } from '../../src/model/minimax/minimax.ts'
import { sha256 } from '../../src/shared/hash.ts'
import { generateAll, openPipeline, testEmulator } from '../generate/running.ts'
import { temporaryProject } from '../temporary-project.ts'

const PEOPLE = ['kira', 'tomas', 'marco', 'ada', 'lin', 'noor', 'juan', 'ines']
const PLACES = ['library', 'harbour', 'forest', 'market', 'tower', 'desert']
const TIMES = ['dawn', 'noon', 'night']
const KINDS = ['grass', 'rock', 'sand', 'water', 'road', 'wall', 'roof', 'snow', 'mud', 'ice']

/** 8 sheets, 144 scenes that refer to them, 40 tiles, and 8 posters that refer to scenes: 200. */
const MANIFESTS = {
  'cast/sheets.image.yaml': `
images:
  "\${person}":
    prompt: "Sheet of \${person}"
    n: 2
    pick: 2
    matrix: { person: [${PEOPLE.join(', ')}] }
`,
  // Read before the sheets that it refers to.
  'a-scenes.image.yaml': `
images:
  "\${person}-\${place}-\${time}":
    prompt: "Scene of \${person} at the \${place}, \${time}"
    references: ["./cast/sheets.image.yaml#\${person}"]
    matrix: { person: [${PEOPLE.join(', ')}], place: [${PLACES.join(', ')}], time: [${TIMES.join(', ')}] }
  "poster-\${person}":
    prompt: "Poster of \${person}"
    references: ["#\${person}-library-dawn", "#\${person}-tower-night"]
    matrix: { person: [${PEOPLE.slice(0, 7).join(', ')}] }
  # The same recipe as one of the posters: the picture is shared.
  poster:
    prompt: "Poster of kira"
    references: ["#kira-library-dawn", "#kira-tower-night"]
`,
  'tiles.image.yaml': `
images:
  "tile-\${kind}-\${season}":
    prompt: "Tile of \${kind} in \${season}"
    matrix: { kind: [${KINDS.join(', ')}], season: [spring, summer, autumn, winter] }
`,
}

test('200 images are made as planned: so many requests, at that price, each after what it refers to', async () => {
  const emulator = await testEmulator()
  const { root, file } = await temporaryProject(MANIFESTS)
  const pipeline = await openPipeline(root, {
    url: emulator.url,
    inline: {
      models: { 'image-01': minimax('image-01', { rpm: 100_000 }) },
      // The smallest that the model draws.
      defaults: { alt: '', size: '512x512' },
      budget: { images: 207, usd: 0.7245 },
    },
  })

  const before = await pipeline.survey()
  expect([...before.problems.values()].flat()).toEqual([])
  // One poster shares another's picture; each sheet has two pictures, in one request. 207 times 0.0035.
  expect(before.plan.summary).toEqual({
    images: 200,
    current: 0,
    outdated: 0,
    missing: 200,
    unusable: 0,
    unavailable: 0,
    blocked: 0,
    requests: 199,
    pictures: 207,
    usd: 0.7245,
  })
  pipeline.hold(before.plan.jobs)

  const { report } = await generateAll(pipeline)
  expect(report).toMatchObject({ failures: [], remaining: [] })
  expect(report.generated).toHaveLength(200)
  expect(pipeline.budget.spent()).toEqual({ requests: 199, pictures: 207, usd: 0.7245 })
  expect(emulator.stats()).toMatchObject({ requests: 199, images: 207, byStatus: { '0': 199 } })

  const served = emulator.served()
  const stored = readdirSync(file('.imagegen'))
  const requests = emulator.requests().map(({ body }) => body as Body)
  const turns = new Map(requests.map(({ prompt }, turn) => [prompt, turn]))
  expect(turns.size).toBe(199)
  const wrong = requests.flatMap(({ prompt, subject_reference: sent = [] }, turn) =>
    referencesOf(prompt).flatMap((needed, position) => {
      const picture = recordedAs(needed)
      const isLater = (turns.get(needed) ?? Infinity) >= turn
      const isOther = sent[position]?.image_file.includes(picture) !== true
      return isLater || isOther ? [`${prompt}: ${needed}`] : []
    }),
  )
  expect(wrong).toEqual([])
  expect(requests.filter(({ subject_reference: sent }) => sent !== undefined)).toHaveLength(151)

  const after = await pipeline.survey()
  expect(after.plan.summary).toMatchObject({ images: 200, current: 200, requests: 0, usd: 0 })

  /** How the emulator records the picture that is picked for a prompt: by the digest of its data URL. */
  function recordedAs(prompt: string): string {
    const pick = prompt.startsWith('Sheet') ? 2 : 1
    // Candidates of one answer are ordered by their SHA-256.
    const candidates = served
      .filter((image) => image.prompt === prompt)
      .map((image) => image.sha256)
    const picked = candidates.toSorted()[pick - 1] ?? 'nothing'
    const name = stored.find((entry) => entry.endsWith(`.${picked.slice(0, 8)}.jpg`)) ?? 'nothing'
    const data = readFileSync(path.join(file('.imagegen'), name)).toString('base64')
    return sha256(`data:image/jpeg;base64,${data}`)
  }
})

interface Body {
  readonly prompt: string
  readonly subject_reference?: ReadonlyArray<{ readonly image_file: string }>
}

/** The prompts of the pictures that the one with this prompt refers to. */
function referencesOf(prompt: string): string[] {
  const [, kind, person] = /^(\w+) of (\w+)/.exec(prompt) ?? []
  if (kind === 'Scene') return [`Sheet of ${person}`]
  if (kind !== 'Poster') return []
  return [`Scene of ${person} at the library, dawn`, `Scene of ${person} at the tower, night`]
}
