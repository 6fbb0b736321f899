/** Told whether a plugin of ours finds a manifest. */
type Finds = (file: string) => Promise<boolean>

/** On the compiler itself: it is what several of our plugins have in common, also out of two copies of this package. */
const NEIGHBOURS: unique symbol = Symbol.for('unplugin-imagegen neighbours')

/** A compiler to which several of our plugins may belong. */
export interface WithNeighbours {
  [NEIGHBOURS]?: Finds[]
}

/**
 * Makes plugins of ours in one compiler known to each other: every loader there is run for every manifest.
 *
 * @returns whether this plugin answers for a manifest: the first one that finds it does. What none finds is the first
 * one's to report.
 */
export function joinNeighbours(compiler: WithNeighbours, finds: Finds): Finds {
  const all = (compiler[NEIGHBOURS] ??= [])
  all.push(finds)
  return async (file) => {
    if (all.length === 1) return true
    for (const other of all) if (await other(file)) return other === finds
    return all[0] === finds
  }
}
