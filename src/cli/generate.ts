import type { ResolvedOptions } from '../options.ts'
import type { Pipeline, Survey } from '../pipeline.ts'
import { ImagegenError, formatProblem } from '../shared/errors.ts'
import { JSON_OPTION, numberOption, type Command } from './command.ts'
import type { Output } from './output.ts'
import { createProgress } from './progress.ts'
import { openOptions, openProject, soundSurvey } from './project.ts'
import { planText, priceText } from './report.ts'
import { onInterrupt } from './interrupt.ts'

type Selection = ReturnType<Pipeline['select']>
type Report = Awaited<ReturnType<Pipeline['generate']>>

export const generate: Command = {
  args: {
    images: {
      type: 'positional',
      required: false,
      description: 'Ids, names or globs; all images where none is given',
    },
    yes: { type: 'boolean', description: 'Do not ask; the budget bounds what is spent' },
    budget: { type: 'string', description: 'Do not ask; make at most N pictures', valueHint: 'N' },
    outdated: { type: 'boolean', description: 'Make outdated images anew, too' },
    replace: {
      type: 'string',
      description: 'Pay again for an image whose original is lost',
      valueHint: 'ID',
    },
    ...JSON_OPTION,
  },
  async run(args, output) {
    const options = await openOptions()
    const named = numberOption(args, 'budget', 0)
    const consent = consentOf(args['yes'] === true, named, output)
    const pipeline = openProject(options, output, budgetFor(consent, named, options))
    pipeline.checkFingerprint()
    const survey = await soundSurvey(pipeline)
    const selection = pipeline.select(survey, args._, {
      outdated: args['outdated'] === true,
      replace: typeof args['replace'] === 'string' ? args['replace'] : undefined,
    })
    if (selection.jobs.length > 0) {
      refuseMode(options)
      pipeline.hold(selection.jobs)
      if (consent === 'ask' && !(await isAgreed(selection, output))) {
        output.logger.info('Nothing was asked for.')
        return 130
      }
    }
    const report = await make(pipeline, survey, selection, output)
    return tell(report, selection, pipeline, args['json'] === true, output)
  },
}

/** Who agreed to spend: a person who is asked, or the one who wrote the command line. */
type Consent = 'ask' | 'given'

function consentOf(isYes: boolean, named: number | undefined, output: Output): Consent {
  if (isYes || named !== undefined) return 'given'
  if (output.isInteractive) return 'ask'
  throw new ImagegenError('usage', {
    message: '`imagegen generate` cannot ask here whether it may spend.',
    hint: 'Add `--yes` (the budget holds) or `--budget N`. `imagegen plan` shows the price.',
  })
}

/** A budget that the user configured binds always; the default one binds where nobody is asked. */
function budgetFor(
  consent: Consent,
  named: number | undefined,
  { budget, budgetIsChosen }: ResolvedOptions,
): ResolvedOptions['budget'] {
  const configured = budgetIsChosen ? budget.images : Infinity
  if (named !== undefined) return { ...budget, images: Math.min(named, configured) }
  return { ...budget, images: consent === 'ask' ? configured : budget.images }
}

/** The default in CI does not bind a command that says `generate`; what somebody wrote does. */
function refuseMode({ mode, modeSource }: ResolvedOptions): void {
  const isWritten = modeSource === 'environment' || modeSource === 'option'
  if (mode === 'generate' || !isWritten) return
  throw new ImagegenError('frozen', {
    message: `The mode is \`${mode}\` (by ${modeSource === 'environment' ? 'IMAGEGEN_MODE' : 'the option `mode`'}), in which no provider is asked.`,
    hint: 'Run it with IMAGEGEN_MODE=generate.',
  })
}

async function isAgreed({ images, summary }: Selection, output: Output): Promise<boolean> {
  const { confirm } = await import('@clack/prompts')
  output.logger.info(planText(images, summary, output))
  const answer = await confirm({
    message: `Make ${summary.pictures} pictures for ${priceText(summary.usd)}?`,
    initialValue: false,
    output: process.stderr,
  })
  return answer === true
}

async function make(
  pipeline: Pipeline,
  survey: Survey,
  { jobs }: Selection,
  output: Output,
): Promise<Report> {
  const stop = new AbortController()
  const abandon = new AbortController()
  const release = onInterrupt(() => {
    if (stop.signal.aborted) {
      abandon.abort()
      return
    }
    stop.abort()
    output.logger.warn('Interrupted: waiting for what is under way. Once more gives it up.')
  })
  const progress = createProgress(jobs, output)
  try {
    return await pipeline.generate(survey, jobs, {
      signal: stop.signal,
      abandon: abandon.signal,
      onEvent: (event) => progress.tell(event),
    })
  } finally {
    progress.end()
    release()
  }
}

function tell(
  { generated, failures, remaining }: Report,
  { images }: Selection,
  pipeline: Pipeline,
  isJson: boolean,
  output: Output,
): number {
  const { requests, pictures, usd } = pipeline.budget.spent()
  const stuck = images.filter(({ state }) => state === 'unavailable' || state === 'blocked')
  const lost = stuck.filter(({ entry }) => !generated.includes(entry.id))
  const failed = [
    ...failures.flatMap(({ ids, code, problem }) =>
      ids.map((id) => ({ id, code, message: problem.message })),
    ),
    ...lost.map(({ entry, state, reason }) => ({ id: entry.id, code: state, message: reason })),
  ]
  const current = images.filter(({ state }) => state === 'current' || state === 'outdated').length
  for (const { problem } of failures) output.logger.error(formatProblem(problem))
  for (const { entry, state, reason } of lost) output.logger.error(`${entry.id} is ${state}: ${reason}`)
  if (isJson) {
    const result = { version: 1, generated, failed, current, requests, pictures, usd }
    output.result(JSON.stringify(result, undefined, 2))
  } else {
    output.result(
      `${generated.length} made, ${failed.length} failed, ${current} current. Spent: ${pictures} pictures in ${requests} requests, ${usd} USD.`,
    )
  }
  const open = remaining.reduce((sum, job) => sum + job.ids.length, 0)
  if (open > 0) {
    output.logger.info(`${open} images remain. \`imagegen generate\` goes on from here.`)
    return 130
  }
  if (failed.length === 0) return 0
  output.logger.info('What was made is in the store. `imagegen generate` goes on from here.')
  return 1
}
