/**
 * Makes the candidates of an order under its own machine name. Prints `turn` when it gets a place in the rate window,
 * continues once a line arrives on standard input, then prints the result.
 */
import { createInterface } from 'node:readline'

const { BUILT_SOURCE, DIR, HOST, ORDER, API, KEYS } = process.env
const { openStore } = await import(`${BUILT_SOURCE}/store/store.js`)
const { makeCandidates } = await import(`${BUILT_SOURCE}/generate/candidates.js`)
const { retry } = await import(`${BUILT_SOURCE}/generate/retry.js`)
const { minimax } = await import(`${BUILT_SOURCE}/model/minimax/minimax.js`)
const { resolveModel } = await import(`${BUILT_SOURCE}/model/resolved-model.js`)

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const { signal } = new AbortController()
const store = openStore({ dir: DIR, host: HOST, logger: { info() {}, warn() {}, error() {} } })
const spent = { requests: 0, pictures: 0 }
const failure = await makeCandidates(
  JSON.parse(ORDER),
  await resolveModel('image-01', minimax('image-01', { apiKey: KEYS, host: API })),
  {
    store,
    signal,
    abandon: signal,
    budget: {
      async spend(pictures) {
        spent.requests += 1
        spent.pictures += pictures
        return {
          async takeBack() {
            spent.requests -= 1
            spent.pictures -= pictures
          },
          async noteFailure() {},
        }
      },
    },
    firstAnswers: { enter: async () => () => {} },
    imagesPerCall: { of: ({ maxImagesPerCall }) => maxImagesPerCall, lower() {} },
    window: {
      async take() {
        console.log('turn')
        await lines.next()
      },
      async pause() {},
      async pauseForWindow() {},
    },
    readFile: async () => {
      throw new Error('There are no references.')
    },
    tryRequest: (request) => retry({ ...request, signal, pause: 20 }),
    bringHere: async () => {},
    onEvent() {},
  },
)
const { candidates } = await store.readKey({ key: JSON.parse(ORDER).key, candidates: 1 })
console.log(JSON.stringify({ failure: failure ?? null, spent, candidates: candidates.length }))
process.exit()
