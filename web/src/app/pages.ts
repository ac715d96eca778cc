/** The pages of the menu, in its order, with the key that opens each after `g`. */
import {
  Archive,
  Boxes,
  EyeOff,
  HardDrive,
  History,
  Plug,
  ScrollText,
  Server,
  SlidersHorizontal,
  type LucideIcon,
} from 'lucide-react'
import type { Messages } from '~/text/en'

type PageName = Exclude<keyof Messages['nav'], 'label' | 'menu'>

export const PAGES = [
  { name: 'overview', to: '/', key: 'o', Icon: Boxes },
  { name: 'jobs', to: '/jobs', key: 'j', Icon: History },
  { name: 'ignoreRules', to: '/ignore-rules', key: 'i', Icon: EyeOff },
  { name: 'backups', to: '/backups', key: 'b', Icon: Archive },
  { name: 'plugins', to: '/plugins', key: 'p', Icon: Plug },
  { name: 'registries', to: '/registries', key: 'r', Icon: HardDrive },
  { name: 'settings', to: '/settings', key: 's', Icon: SlidersHorizontal },
  { name: 'audit', to: '/audit', key: 'a', Icon: ScrollText },
  { name: 'system', to: '/system', key: 'y', Icon: Server },
] as const satisfies readonly { name: PageName; to: string; key: string; Icon: LucideIcon }[]
