import { isRecord } from '../../shared/record.ts'
import type { Generation } from './generation-parameters.ts'

/** The longest graph that is parsed, in characters. */
const LONGEST_GRAPH = 8 * 1024 * 1024

/** The most links that are followed in a row. Graphs of hundreds of nodes are a dozen links deep. */
const DEEPEST = 200

/** A node of a workflow as ComfyUI's API has it. */
interface GraphNode {
  readonly type: string
  readonly inputs: Readonly<Record<string, unknown>>
}

type Graph = ReadonlyMap<string, GraphNode>

/** The inputs that hold text, or link to a node that does. */
const TEXTS =
  /^(?:(?:text|string|prompt|positive|t5xxl|value)(?:_?[a-z\d])?|positive_prompt|populated_text|clip_[lg])$/

/** The inputs that lead from one conditioning to another. */
const CONDITIONINGS = /^(?:conditioning|positive|cond)(?:_?\w+)?$/

/** Inputs that never lead from a conditioning to its text. */
const ELSEWHERE = /^(?:clip|model|vae|negative|image|mask|control_net|clip_vision|latent)/

/**
 * Reads the prompt of a workflow that ComfyUI saved: from the node that saves the picture back to its sampler, and from
 * the sampler's `positive` to the nodes with the text.
 *
 * @param json the text of the chunk `prompt`.
 */
export function readComfyGraph(json: string): Generation | undefined {
  const graph = parseGraph(json)
  const sampler = graph === undefined ? undefined : samplerOf(graph)
  if (graph === undefined || sampler === undefined) return undefined
  const texts = [...new Set(conditioningTexts(graph, conditioningOf(graph, sampler), new Set()))]
  const prompt = texts.join('\n').trim()
  return {
    prompt: prompt === '' ? undefined : prompt,
    model: modelOf(graph, sampler),
  }
}

function parseGraph(json: string): Graph | undefined {
  if (json.length > LONGEST_GRAPH || !json.trimStart().startsWith('{')) return undefined
  const value =
    parseJson(json) ?? parseJson(json.replaceAll(/([[:,]\s*)-?(?:NaN|Infinity)\b/g, '$1null'))
  if (!isRecord(value)) return undefined
  const nodes = Object.entries(value).flatMap(([id, node]): Array<[string, GraphNode]> => {
    if (!isRecord(node) || !isRecord(node['inputs'])) return []
    return [[id, { type: String(node['class_type'] ?? ''), inputs: node['inputs'] }]]
  })
  return nodes.length === 0 ? undefined : new Map(nodes)
}

/** @returns `undefined` for what is not JSON. Python writes `NaN`, which is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The node that an input links to: links are `[id, output]`. */
function linkedNode(graph: Graph, value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const id = String(value[0])
  return graph.has(id) ? id : undefined
}

/** The sampler nearest to the saved picture: a refined picture has several. */
function samplerOf(graph: Graph): GraphNode | undefined {
  const linked = new Set<string>()
  for (const { inputs } of graph.values()) {
    for (const value of Object.values(inputs)) {
      const id = linkedNode(graph, value)
      if (id !== undefined) linked.add(id)
    }
  }
  const ends = [...graph].filter(([id]) => !linked.has(id))
  const saving = ends.filter(([, { type }]) => /save|output/i.test(type))
  const queue = [...saving, ...ends].map(([id]) => id)
  const seen = new Set<string>()
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    const node = graph.get(id)
    if (node === undefined || seen.has(id)) continue
    seen.add(id)
    if (isSampler(graph, node)) return node
    for (const value of Object.values(node.inputs)) {
      const next = linkedNode(graph, value)
      if (next !== undefined) queue.push(next)
    }
  }
  return undefined
}

function isSampler(graph: Graph, { type, inputs }: GraphNode): boolean {
  if (linkedNode(graph, inputs['guider']) !== undefined) return true
  // Nodes that pass conditionings on have `positive` too.
  const draws = 'latent_image' in inputs || /sampler/i.test(type)
  return draws && linkedNode(graph, inputs['positive']) !== undefined
}

/** The first conditioning of a sampler. A sampler with a guider has it there. */
function conditioningOf(graph: Graph, { inputs }: GraphNode): unknown {
  const guider = graph.get(linkedNode(graph, inputs['guider']) ?? '')
  if (guider === undefined) return inputs['positive']
  return guider.inputs['positive'] ?? guider.inputs['conditioning']
}

/** The texts behind a link, in the order of the inputs. */
function conditioningTexts(graph: Graph, link: unknown, seen: Set<string>): string[] {
  const id = linkedNode(graph, link)
  const node = id === undefined ? undefined : graph.get(id)
  if (id === undefined || node === undefined || seen.has(id) || seen.size >= DEEPEST) return []
  seen.add(id)
  const inputs = Object.entries(node.inputs)
  const texts = inputs.flatMap(([name, value]) => {
    if (!TEXTS.test(name)) return []
    return typeof value === 'string' ? [value.trim()] : conditioningTexts(graph, value, seen)
  })
  const found = texts.filter((text) => text !== '')
  if (found.length > 0) return found
  const onwards = inputs.filter(([name]) => CONDITIONINGS.test(name))
  const links = onwards.length > 0 ? onwards : inputs.filter(([name]) => !ELSEWHERE.test(name))
  return links.flatMap(([, value]) => conditioningTexts(graph, value, seen))
}

/** The checkpoint behind a sampler's model, without its folder and ending. */
function modelOf(graph: Graph, sampler: GraphNode): string | undefined {
  const seen = new Set<GraphNode>()
  let node: GraphNode | undefined =
    'guider' in sampler.inputs
      ? graph.get(linkedNode(graph, sampler.inputs['guider']) ?? '')
      : sampler
  while (node !== undefined && !seen.has(node) && seen.size < DEEPEST) {
    seen.add(node)
    const name = node.inputs['ckpt_name'] ?? node.inputs['unet_name']
    if (typeof name === 'string') {
      const file = name.split(/[/\\]/).at(-1) ?? name
      return file.replace(/\.(?:safetensors|ckpt|sft|gguf|pt|pth|bin)$/i, '')
    }
    node = graph.get(linkedNode(graph, node.inputs['model']) ?? '')
  }
  return undefined
}
