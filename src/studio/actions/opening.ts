import path from 'node:path'
import * as v from 'valibot'
import { CONFIG_FILES } from '../../options/root.ts'
import type { Pipeline, Survey } from '../../pipeline.ts'
import { imageOf } from '../views/bill.ts'
import { parseBody } from '../listener/body.ts'
import type { Editor } from './programs.ts'
import type { Opened, OpenRequest } from '../protocol-actions.ts'
import { refuse } from '../listener/refused.ts'
import type { Route } from '../listener/route.ts'
import type { View } from '../views/view.ts'

/** The address that opens a manifest in the user's editor. */
export function openingRoute(
  view: View,
  editor: Editor | undefined,
): readonly [path: string, route: Route] {
  return [
    '/api/1/open',
    {
      kind: 'write',
      mediaType: 'application/json',
      limit: 16_384,
      async answer(body): Promise<Opened> {
        const request = parseBody(body, openSchema)
        if (editor === undefined) {
          throw refuse('refused', 'No editor with a window of its own was found.', {
            hint: 'Set VISUAL or EDITOR, such as `VISUAL=code`, and start the studio again.',
          })
        }
        const { file, line } = placeOf(request, await view.survey(), await view.pipeline())
        await editor.open(file, line)
        return { editor: editor.name }
      },
    },
  ]
}

/** Only the config and manifests of the project are opened, these by what the survey knows of them. */
function placeOf(
  request: OpenRequest,
  survey: Survey,
  { options: { root } }: Pipeline,
): { readonly file: string; readonly line: number } {
  if ('id' in request) {
    const { manifest, path: place } = imageOf(request.id, survey).entry
    return { file: manifest.file, line: manifest.locate(place, 'key').line }
  }
  const known = survey.manifestAt(request.manifest)
  if (known !== undefined) return { file: known.file, line: request.line }
  const isConfig = CONFIG_FILES.includes(request.manifest)
  if (!isConfig && !survey.problems.has(request.manifest)) {
    throw refuse('not-found', `There is no manifest \`${request.manifest}\` any more.`)
  }
  return { file: path.resolve(root, request.manifest), line: request.line }
}

const openSchema: v.GenericSchema<unknown, OpenRequest> = v.union([
  v.strictObject({ id: v.string() }),
  v.strictObject({
    manifest: v.string(),
    line: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  }),
])
