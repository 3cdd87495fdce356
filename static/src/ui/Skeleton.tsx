import type { JSX } from "preact";

/** The shape of rows to come. */
export function SkeletonRows({ count, label }: { count: number; label: string }): JSX.Element {
  return (
    <div class="skeleton-rows" role="status" aria-label={label}>
      {Array.from({ length: count }, (_, index) => (
        <div class="skeleton-row" key={index} aria-hidden="true">
          <span class="skeleton skeleton-avatar" />
          <span class="skeleton skeleton-line" />
          <span class="skeleton skeleton-short" />
        </div>
      ))}
    </div>
  );
}
