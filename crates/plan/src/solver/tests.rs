use super::*;
use proptest::prelude::*;

/// All answers tried: the least cost, or `None` where there is no answer.
fn brute(program: &Program) -> Option<f64> {
    fn fill(program: &Program, group: usize, taken: &mut Vec<u64>, best: &mut Option<f64>) {
        if group == program.groups() {
            if program.fault(taken).is_none() {
                let cost = program.total(taken);
                if best.is_none_or(|known| cost < known) {
                    *best = Some(cost);
                }
            }
            return;
        }
        let range = program.choices_of(group);
        share(program, group, range.start, program.units(group), taken, best);
    }
    fn share(
        program: &Program,
        group: usize,
        choice: usize,
        left: u64,
        taken: &mut Vec<u64>,
        best: &mut Option<f64>,
    ) {
        if choice + 1 >= program.choices_of(group).end {
            if choice < program.choices_of(group).end {
                taken[choice] = left;
                fill(program, group + 1, taken, best);
                taken[choice] = 0;
            } else if left == 0 {
                fill(program, group + 1, taken, best);
            }
            return;
        }
        for units in 0..=left {
            taken[choice] = units;
            share(program, group, choice + 1, left - units, taken, best);
        }
        taken[choice] = 0;
    }
    let mut best = None;
    fill(program, 0, &mut vec![0; program.choices()], &mut best);
    best
}

type Choice = (u16, Vec<i8>);

fn programs() -> impl Strategy<Value = Program> {
    (1usize..5, 1usize..5).prop_flat_map(|(groups, rows)| {
        let choice = (0u16..60, prop::collection::vec(-2i8..5, rows));
        let group = (0u64..4, prop::collection::vec(choice, 1..4));
        (prop::collection::vec(group, groups), prop::collection::vec(-3i8..9, rows)).prop_map(
            |(groups, limits): (Vec<(u64, Vec<Choice>)>, Vec<i8>)| {
                let mut program = Program::new();
                for limit in limits {
                    program.add_row(f64::from(limit));
                }
                for (units, choices) in groups {
                    program.add_group(units);
                    for (cost, uses) in choices {
                        let uses: Vec<(usize, f64)> = uses.into_iter().map(f64::from).enumerate().collect();
                        program.add_choice(f64::from(cost), &uses);
                    }
                }
                program
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn the_optimum_is_that_of_trying_everything(program in programs()) {
        let solved = Own.solve(&program, &Limits { gap: 0.0, ..Limits::default() });
        match brute(&program) {
            None => prop_assert_eq!(solved.end, End::Infeasible),
            Some(best) => {
                prop_assert_eq!(solved.end, End::Proven);
                prop_assert_eq!((solved.cost, solved.bound), (best, best));
                let taken = solved.taken.unwrap();
                prop_assert_eq!(program.fault(&taken), None);
                prop_assert_eq!(program.total(&taken), best);
            }
        }
    }

    #[test]
    fn a_gap_is_kept(program in programs(), gap in 0.0f64..0.5) {
        let solved = Own.solve(&program, &Limits { gap, ..Limits::default() });
        if let Some(best) = brute(&program) {
            prop_assert_eq!(solved.end, End::Proven);
            prop_assert!(solved.bound <= best + 1e-9 && solved.cost >= best);
            prop_assert!(solved.gap() <= gap + 1e-12);
        }
    }
}

#[test]
fn nothing_to_decide_is_decided() {
    let mut program = Program::new();
    let solved = Own.solve(&program, &Limits::default());
    assert_eq!((solved.end, solved.cost, solved.taken), (End::Proven, 0.0, Some(Vec::new())));
    program.add_row(-1.0);
    assert_eq!(Own.solve(&program, &Limits::default()).end, End::Infeasible);
}

#[test]
fn who_asks_to_stop_gets_what_there_is() {
    let mut program = Program::new();
    let row = program.add_row(7.0);
    for _ in 0..9 {
        program.add_group(3);
        program.add_choice(5.0, &[]);
        program.add_choice(1.0, &[(row, 2.0)]);
    }
    let stop = AtomicBool::new(true);
    let solved = Own.solve(&program, &Limits { gap: 0.0, stop: Some(&stop), ..Limits::default() });
    assert_eq!(solved.end, End::Stopped);
    assert!(solved.bound <= 27.0 * 5.0 - 4.0 * 3.0);
}

#[test]
fn the_same_input_has_the_same_answer() {
    let mut program = Program::new();
    let rows: Vec<usize> = (0..6).map(|at| program.add_row(40.0 + at as f64)).collect();
    for group in 0..40u64 {
        program.add_group(1 + group % 7);
        program.add_choice(1000.0, &[]);
        for (at, row) in rows.iter().enumerate() {
            program
                .add_choice(400.0 + (group * 7 % 13) as f64 + at as f64, &[(*row, 1.0 + (group % 3) as f64)]);
        }
    }
    let solve = || Own.solve(&program, &Limits { gap: 0.0, pivots: 20_000, ..Limits::default() });
    let (first, second) = (solve(), solve());
    assert_eq!(first, second);
    assert_eq!(program.fault(&first.taken.unwrap()), None);
}

/// The second solver, held against the first.
#[cfg(feature = "highs")]
mod second {
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        #[test]
        fn both_solvers_have_the_same_optimum(program in programs()) {
            let limits = Limits { gap: 0.0, ..Limits::default() };
            let (own, other) = (Own.solve(&program, &limits), Highs.solve(&program, &limits));
            prop_assert_eq!(own.end, other.end);
            prop_assert_eq!(own.cost, other.cost);
            if let Some(taken) = other.taken {
                prop_assert_eq!(own.bound, other.bound);
                prop_assert_eq!(program.fault(&taken), None);
                prop_assert_eq!(program.total(&taken), other.cost);
            }
        }

        #[test]
        fn both_keep_a_gap(program in programs(), gap in 0.0f64..0.5) {
            let limits = Limits { gap, ..Limits::default() };
            let (own, other) = (Own.solve(&program, &limits), Highs.solve(&program, &limits));
            prop_assert_eq!(own.end, other.end);
            if other.taken.is_some() {
                prop_assert!(other.cost >= own.bound && own.cost >= other.bound);
                prop_assert!(other.gap() <= gap + 1e-12);
            }
        }
    }

    #[test]
    fn who_asks_it_to_stop_is_not_kept_waiting() {
        let mut program = Program::new();
        let rows: Vec<usize> = (0..12).map(|at| program.add_row(400.5 + f64::from(at))).collect();
        for group in 0..400u64 {
            program.add_group(1 + group % 7);
            program.add_choice(1000.0, &[]);
            for (at, row) in rows.iter().enumerate() {
                let cost = 400.0 + (group * 7919 % 613) as f64 + at as f64;
                program.add_choice(cost, &[(*row, 1.0 + (group * 31 % 17) as f64)]);
            }
        }
        let stop = AtomicBool::new(true);
        let begun = Instant::now();
        let solved = Highs.solve(&program, &Limits { gap: 0.0, stop: Some(&stop), ..Limits::default() });
        assert!(begun.elapsed().as_secs() < 5);
        assert!(matches!(solved.end, End::Stopped | End::Proven));
        assert_eq!(solved.end == End::Proven, solved.taken.is_some());
    }
}
