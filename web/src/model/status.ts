/** How each state looks: one map for each kind. Its words are in the dictionaries; a colour is never the only sign. */
import {
  ArrowUpCircle,
  Ban,
  Check,
  CheckCircle2,
  CircleAlert,
  CircleDashed,
  CircleMinus,
  CirclePause,
  CircleHelp,
  CircleX,
  Eye,
  Heart,
  HeartCrack,
  HeartPulse,
  Loader,
  Minus,
  RotateCcw,
  Server,
  Sparkles,
  TriangleAlert,
  Undo2,
  Weight,
  type LucideIcon,
} from 'lucide-react'
import type { Container, EntryStatus, Finding, JobState } from '~/api/types'
import type { TargetState } from './backup'
import type { StageState } from './timeline'

export type Tone = 'accent' | 'success' | 'warning' | 'error' | 'quiet' | 'plain'
export type Look = { tone: Tone; Icon: LucideIcon }

export const toneText = {
  accent: 'text-primary',
  success: 'text-success',
  warning: 'text-warning',
  error: 'text-error',
  quiet: 'quiet',
  plain: '',
} satisfies Record<Tone, string>

export const entryLook = {
  update: { tone: 'accent', Icon: ArrowUpCircle },
  newer: { tone: 'accent', Icon: Sparkles },
  held: { tone: 'warning', Icon: CirclePause },
  'up-to-date': { tone: 'success', Icon: CheckCircle2 },
  skipped: { tone: 'quiet', Icon: CircleMinus },
  gone: { tone: 'error', Icon: CircleX },
  unknown: { tone: 'error', Icon: CircleHelp },
} satisfies Record<EntryStatus, Look>

export const ENTRY_STATUSES = Object.keys(entryLook) as EntryStatus[]

export const jobLook = {
  running: { tone: 'accent', Icon: Loader },
  undoing: { tone: 'warning', Icon: RotateCcw },
  updated: { tone: 'success', Icon: CheckCircle2 },
  failed: { tone: 'error', Icon: CircleX },
  'rolled-back': { tone: 'warning', Icon: Undo2 },
  'needs-attention': { tone: 'error', Icon: TriangleAlert },
} satisfies Record<JobState, Look>

export const JOB_STATES = Object.keys(jobLook) as JobState[]

export const stageLook = {
  waiting: { tone: 'quiet', Icon: CircleDashed },
  running: { tone: 'accent', Icon: Loader },
  done: { tone: 'success', Icon: CheckCircle2 },
  failed: { tone: 'error', Icon: CircleX },
  'left-out': { tone: 'quiet', Icon: CircleMinus },
} satisfies Record<StageState, Look>

export const healthLook = {
  none: { tone: 'quiet', Icon: Heart },
  starting: { tone: 'accent', Icon: HeartPulse },
  healthy: { tone: 'success', Icon: HeartPulse },
  unhealthy: { tone: 'error', Icon: HeartCrack },
} satisfies Record<Container['health'], Look>

export const runLook = {
  running: { tone: 'success', Icon: CheckCircle2 },
  restarting: { tone: 'warning', Icon: RotateCcw },
  exited: { tone: 'error', Icon: CircleX },
  paused: { tone: 'warning', Icon: CirclePause },
  'not-started': { tone: 'quiet', Icon: Ban },
} satisfies Record<Container['run'], Look>

export const findingLook = {
  ok: { tone: 'success', Icon: CheckCircle2 },
  warning: { tone: 'warning', Icon: CircleAlert },
  broken: { tone: 'error', Icon: CircleX },
} satisfies Record<Finding['state'], Look>

/** Each of its own, to be told apart without colours. Which of them is a gap is the server's to say. */
export const targetLook = {
  copied: { tone: 'success', Icon: Check },
  'too-large': { tone: 'quiet', Icon: Weight },
  'not-measured': { tone: 'quiet', Icon: CircleHelp },
  'by-rule': { tone: 'quiet', Icon: Ban },
  'read-only': { tone: 'quiet', Icon: Eye },
  system: { tone: 'quiet', Icon: Server },
  'out-of-scope': { tone: 'quiet', Icon: CircleMinus },
  skipped: { tone: 'quiet', Icon: Minus },
} satisfies Record<TargetState, Look>
