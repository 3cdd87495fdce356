import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { asProblem, isCancellation, type ApiProblem } from "../api";

export interface Loaded<T> {
  value: T | null;
  problem: ApiProblem | null;
  loading: boolean;
  reload: () => void;
  set: (value: T) => void;
}

/** Loads something when the screen opens or `key` changes. An answer that comes after the next question is dropped. */
export function useLoaded<T>(load: () => Promise<T>, key: string): Loaded<T> {
  const [state, setState] = useState<Pick<Loaded<T>, "value" | "problem" | "loading">>({
    value: null,
    problem: null,
    loading: true,
  });
  const latest = useRef(0);
  const loader = useRef(load);
  loader.current = load;

  const reload = useCallback(() => {
    const turn = ++latest.current;
    const settle = (next: Partial<typeof state>) => {
      if (turn === latest.current) setState((now) => ({ ...now, loading: false, ...next }));
    };
    setState((now) => ({ ...now, loading: true, problem: null }));
    loader.current().then(
      (value) => settle({ value }),
      (thrown: unknown) => {
        if (!isCancellation(thrown)) settle({ problem: asProblem(thrown) });
      },
    );
  }, []);

  const set = useCallback((value: T) => {
    latest.current++;
    setState({ value, problem: null, loading: false });
  }, []);

  useEffect(() => {
    setState({ value: null, problem: null, loading: true });
    reload();
    return () => {
      latest.current++;
    };
  }, [key, reload]);

  return { ...state, reload, set };
}
