/**
 * @import { Projects } from './projects.mjs'
 */

/**
 * A build, and the pictures that it may ask for.
 *
 * @typedef {object} Step
 * @property {string} title
 * @property {readonly string[]} expected names, sorted
 * @property {(projects: Projects) => Promise<void>} run
 */

/**
 * @typedef {object} Outcome
 * @property {Step} step
 * @property {number} requests
 * @property {readonly string[]} made names, sorted
 * @property {readonly string[]} receipts of the pictures that were made, without `.json`, in the order of their names
 * @property {number} seconds
 */

const cast = ['kira', 'kiraInLibrary', 'kiraOnTheQuay', 'marco']
const kiraAndWhoRefersToHer = ['kira', 'kiraInLibrary', 'kiraOnTheQuay']

/** Ten requests in all: MiniMax accepts ten a minute, so the demo never has to wait. @type {readonly Step[]} */
export const steps = [
  {
    title: 'Vite, from an empty store',
    expected: [...cast, 'cover', 'desert', 'forest'].sort(),
    run: ({ build }) => build('vite'),
  },
  {
    title: 'Vite, nothing changed',
    expected: [],
    run: ({ build }) => build('vite'),
  },
  {
    title: 'Vite, another width',
    expected: [],
    async run({ build, edit }) {
      await edit('places.image.yaml', 'widths: [400, 800]', 'widths: [400, 900]')
      await build('vite')
    },
  },
  {
    title: 'Vite, another prompt for Kira',
    expected: kiraAndWhoRefersToHer,
    async run({ build, edit }) {
      await edit('cast.image.yaml', 'a young cartographer', 'a seasoned cartographer')
      await build('vite')
    },
  },
  {
    title: 'webpack, from the same store',
    expected: [],
    run: ({ build }) => build('webpack'),
  },
]

/**
 * @param {Step} step
 * @param {Projects} projects
 * @param {() => number | Promise<number>} countRequests all that were sent so far
 * @returns {Promise<Outcome>}
 */
export async function take(step, projects, countRequests) {
  const before = { requests: await countRequests(), made: await projects.made() }
  const start = performance.now()
  await step.run(projects)
  const seconds = (performance.now() - start) / 1000
  const requests = (await countRequests()) - before.requests
  const made = await projects.made()
  const receipts = made.filter((receipt) => !before.made.includes(receipt))
  return { step, requests, made: receipts.map(nameOf), receipts, seconds }
}

/** @param {string} receipt `<name>.<key>.<digest>` */
function nameOf(receipt) {
  return receipt.slice(0, receipt.indexOf('.'))
}

/**
 * The right number of requests for other pictures would be as wrong as another number.
 *
 * @param {Pick<Outcome, 'step' | 'requests' | 'made'>} outcome
 */
export function isAsExpected({ step, requests, made }) {
  return requests === step.expected.length && made.join() === step.expected.join()
}
