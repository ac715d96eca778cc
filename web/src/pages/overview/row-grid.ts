/** The columns, from the width on at which there is room for them. */
export const ROW_GRID =
  'md:grid md:grid-cols-[1.75rem_minmax(7rem,1.15fr)_minmax(7rem,1fr)_minmax(9rem,1.25fr)_minmax(9rem,2fr)_4.75rem] md:items-center md:gap-x-3'
