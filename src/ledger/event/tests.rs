//! Every kind of event, to the byte.

use sha2::{Digest as _, Sha256};

use super::*;
use crate::bank::profile::Profile;
use crate::batch::{Fates, PaymentGroup};
use crate::ledger::copies::{DeclaredCopy, Field, PeopleCount, PeopleLie, Purpose};
use crate::ledger::recalls::{AnswerVerdict, AnsweredPayment, CancellationReason, RecalledPayment};
use crate::ledger::worksheets::{PlannedSheet, SheetFile, SheetVerdict, TypedRow};
use crate::payment::{Account, Amount, Country, DomesticAccount, EndToEndId, Tag};
use crate::release::{PlannedFile, ReleasePlan, Segment};

fn payer() -> Payer {
    let account = DomesticAccount { country: Country::Gl, bank: "6471".into(), number: "0001234567".into() };
    Payer {
        name: "Kommunia".into(),
        payer_id: Some("12345678".into()),
        country: Country::Gl,
        account: Account::Domestic(account),
        bic: Some("GRENGLGX".into()),
    }
}

fn batch() -> PreparedBatch {
    let sum = Sum { count: 1, amount: Amount::from_minor_units(523_450, Currency::Dkk) };
    let scheme = Scheme::new("Alderspension").expect("a name");
    let pay_on = chrono::NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day");
    let [smallest, median, largest] = [sum.amount; 3];
    let segment = Segment { group: 0, payment_information_id: "B0001-1-1-A".into(), sum };
    let file = PlannedFile {
        name: "B0001.xml".into(),
        message_id: "B0001-1-A".into(),
        segments: vec![segment],
        sum,
        sha256: Digest([3; 32]),
    };
    PreparedBatch {
        id: BatchId::new('B', 1),
        episode: "attack".into(),
        payer: payer(),
        profile: Profile::default(),
        payment_limit: sum.amount,
        prepared_at: 1_648_000_000,
        groups: vec![PaymentGroup { pay_on, scheme, sum, smallest, median, largest }],
        fates: Fates::none(Currency::Dkk),
        decided_to_pay: 2,
        sealed_root: Digest([1; 32]),
        claims_root: Digest([2; 32]),
        plan: ReleasePlan { writer: 1, files: vec![file] },
    }
}

fn baseline() -> RecordedBaseline {
    let sum = Sum { count: 2, amount: Amount::from_minor_units(1_000_050, Currency::Dkk) };
    RecordedBaseline {
        period: "2022-03".parse().expect("a period"),
        schemes: vec![BaselineScheme { scheme: Scheme::new("Alderspension").expect("a name"), sum }],
        content: [4; 8],
        parts: SealedParts { key: KeyId([6; 8]), count: 1, root: Digest([3; 32]) },
    }
}

fn report() -> RecordedReport {
    let seen = StatementSeen { source: Source::ALL[0], number: 7, opening: Some(-5), closing: None };
    RecordedReport {
        format: "camt.053.001.02".into(),
        fingerprint: [4; 8],
        entries: 3,
        matched: 2,
        unmatched: 1,
        statements: vec![seen],
    }
}

fn parts() -> SealedParts {
    SealedParts { key: KeyId([6; 8]), count: 1, root: Digest([7; 32]) }
}

fn money() -> FindingMoney {
    FindingMoney { fallback: 100, upstream_paid: 100, upstream_planned: 7, owed: 100, overpaid: 100, underpaid: 0 }
}

fn copy() -> DeclaredCopy {
    DeclaredCopy {
        purpose: Purpose::BankFile,
        batch: Some(BatchId::new('B', 1)),
        fields: vec![Field::Name, Field::Amount],
        rows: 3,
        people: PeopleCount { persons: 2, with_person_id: 1 },
        people_lie: PeopleLie::InBankFile(7),
        place: [1; 8],
        name: [2; 8],
        content: Some([3; 16]),
        end_by: chrono::NaiveDate::from_ymd_opt(2026, 12, 31).expect("a day"),
        replaces: Some(CopyId(4)),
    }
}

/// One of each kind, in the order of their numbers.
fn one_of_each() -> Vec<Event> {
    let typed = EndToEndId { tag: Tag { series: [1; 8], obligation: [2; 8] }, attempt: 1 };
    let batch_id = BatchId::new('B', 1);
    let enrolment = || Enrolment { name: "anna".into(), public_key: [5; 32] };
    vec![
        Event::LedgerOpened {
            ledger: LedgerId([1; 16]),
            environment: Environment::Drill,
            payer: payer(),
            currency: Currency::Dkk,
            operators: vec![enrolment()],
            duplicate_key: KeyId([6; 8]),
            duplicate_key_check: [7; 8],
        },
        Event::OperatorEnrolled(enrolment()),
        Event::OperatorRetired { name: "anna".into() },
        Event::EpisodeOpened {
            name: "attack".into(),
            reason: "down".into(),
            schemes: vec![Scheme::new("Alderspension").expect("a name")],
            periods: "2022-04".parse::<Period>().into_iter().collect(),
            key: KeyId([6; 8]),
        },
        Event::EpisodeClosed { name: "attack".into() },
        Event::BatchPrepared(Box::new(batch())),
        Event::BatchApproved { batch: batch_id, digest: Digest([8; 32]), signature: [9; 64] },
        Event::BatchCancelled { batch: batch_id },
        Event::ReleaseBegun { batch: batch_id, digest: Digest([8; 32]) },
        Event::ReleaseCompleted { batch: batch_id },
        Event::OutcomeRecorded(Box::new(RecordedOutcome {
            reports: vec![report()],
            evidence: 2,
            evidence_root: Digest([1; 32]),
            debits: 1,
            debits_root: Digest([2; 32]),
        })),
        Event::UploadRecorded(Box::new(RecordedUpload {
            batch: batch_id,
            message_id: Some("B0001-1-A".into()),
            receipt: "R 17".into(),
            said: Sum { count: 1, amount: Amount::from_minor_units(523_450, Currency::Dkk) },
        })),
        Event::SheetsBegun(Box::new(SheetRelease {
            batch: batch_id,
            digest: Digest([3; 32]),
            maker: 1,
            danish: true,
            sheets: vec![PlannedSheet {
                code: "B0001-S1-7KQ4".into(),
                clerk: "Nivi".into(),
                sum: Sum { count: 1, amount: Amount::from_minor_units(523_450, Currency::Dkk) },
                files: ["html", "xlsx"]
                    .map(|ending| SheetFile { name: format!("sheet.{ending}"), sha256: Digest([4; 32]) }),
            }],
        })),
        Event::SheetReturned(Box::new(SheetReturn {
            batch: batch_id,
            sheet: 1,
            file: [5; 8],
            rows: vec![TypedRow { row: 1, payment: typed, receipt: [6; 8], amount: 523_450 }],
            details: parts(),
        })),
        Event::SheetRowsDecided(Box::new(SheetDecision {
            batch: batch_id,
            sheet: 1,
            rows: vec![(2, typed)],
            verdict: SheetVerdict::NotTyped,
            reason: parts(),
        })),
        Event::SheetHanded { batch: batch_id, sheet: 1, to: "Nivi".into() },
        Event::FindingsRecorded(Box::new(RecordedFindings {
            basis: Basis::Upstream,
            planned: true,
            files: vec![[3; 8]],
            by_kind: vec![KindSum { kind: 1, count: 1, money: money() }],
            totals: money(),
            last_number: 9,
            content: [4; 8],
            findings: parts(),
        })),
        Event::RemedyDecided(Box::new(RecordedDecision {
            finding: FindingKey([5; 8]),
            basis: Basis::Owed,
            verdict: Verdict { kind: 1, uncertain: false, money: money() },
            decision: Decision::Recover,
            amount: 100,
            details: parts(),
        })),
        Event::RepaymentsRecorded {
            repayments: vec![Repayment {
                finding: FindingKey([5; 8]),
                source: Source::Statement,
                identity: [6; 8],
                amount: 100,
                booked_on: Some(738_000),
            }],
        },
        Event::EpisodeClosedOpen {
            name: "attack".into(),
            left_open: vec![LeftOpen { matter: "findings_undecided".into(), count: 2, amount: 300 }],
            reason: parts(),
        },
        Event::RecallBegun(Box::new(RecordedRecall {
            recall: RecallId(1),
            finding: FindingKey([5; 8]),
            basis: Basis::Upstream,
            number: 3,
            reason: CancellationReason::Duplicate,
            message_id: "RC0001-A".into(),
            writer: 1,
            payments: vec![RecalledPayment { batch: batch_id, file: 0, segment: 1, payment: typed, amount: 100 }],
            sum: Sum { count: 1, amount: Amount::from_minor_units(100, Currency::Dkk) },
            file_name: "recall-RC0001.xml".into(),
            sha256: Digest([3; 32]),
        })),
        Event::RecallWritten { recall: RecallId(1) },
        Event::RecallAnswered(Box::new(RecordedAnswer {
            recall: RecallId(1),
            payments: vec![AnsweredPayment { payment: typed, verdict: AnswerVerdict::Refused, reason: "ARDT".into() }],
        })),
        Event::RecallGivenUp(Box::new(RecallGivenUp { recall: RecallId(1), reason: parts() })),
        Event::BaselineAdded(Box::new(baseline())),
        Event::BatchComparedWithBaselines(Box::new(BesideBaselines {
            batch: batch_id,
            provisional: true,
            baselines: vec![2],
            not_compared: vec![3],
            new_persons: 4,
            accounts_changed: 5,
            amounts_changed: 6,
            missing: 7,
        })),
        Event::PaymentsPutOff(Box::new(PutOff {
            episode: "attack".into(),
            batch: Some(batch_id),
            waiting: Sum { count: 3, amount: Amount::from_minor_units(523_450, Currency::Dkk) },
            dropped: 1,
            parts: parts(),
        })),
        Event::RowsLeft(Box::new(RowsLeft {
            batch: Some(batch_id),
            rejected: Sum { count: 3, amount: Amount::from_minor_units(523_450, Currency::Dkk) },
            held: Sum { count: 1, amount: Amount::from_minor_units(100, Currency::Dkk) },
            read_again: vec![batch_id],
        })),
        Event::RowsSettled(RowsSettled { batch: batch_id, reason: parts() }),
        Event::CopiesDeclared(Box::new(DeclaredCopies {
            copies: vec![copy()],
            episodes: vec!["attack".into()],
            parts: parts(),
        })),
        Event::CopiesReviewed { copies: vec![CopyId(1)] },
        Event::CopiesEnded { copies: vec![(CopyId(1), CopyEnd::Destroyed)], reason: parts() },
        Event::EpisodesPurged(Box::new(RecordedPurge {
            episodes: vec!["attack".into()],
            keys: vec![KeyId([6; 8])],
            entries: vec![7],
            payments: 3,
            chunks: 2,
            parts: 1,
            bytes: 900,
            root: Digest([1; 32]),
            key_copies: vec![KeyCopyEnded { place: "USB in the safe".into(), by: "malik".into() }],
        })),
        Event::PurgeCompleted { purge: 9 },
        Event::DuplicateKeyEnded(Box::new(EndedDuplicateKey {
            key: KeyId([6; 8]),
            claims: 3,
            evidence: 2,
            baseline_keys: vec![KeyId([7; 8])],
            entries: vec![5],
            parts: 1,
            bytes: 900,
            root: Digest([1; 32]),
            key_copies: vec![KeyCopyEnded { place: "desk K".into(), by: "malik".into() }],
        })),
        Event::LedgerAdopted(Box::new(Adoption {
            epoch: 1,
            place: Digest([1; 32]),
            reason: "the old laptop is broken".into(),
            overruled: Some((7, Digest([2; 32]))),
            older: true,
        })),
        Event::OperatorRecovered { name: "anna".into() },
        Event::PlaceAccepted { place: Digest([1; 32]), kind: "a network share".into() },
        Event::BankIsAhead { batches: vec![batch_id] },
        Event::RecoveryCodeMade { code: KeyId([6; 8]), public_key: [5; 32] },
        Event::BackupBegun,
        Event::KeysCopied { keys: vec![KeyId([6; 8])], operators: vec!["anna".into()] },
        Event::LedgerRebuilt(Box::new(LostLedger {
            ledger: LedgerId([2; 16]),
            letter: b'C',
            letters: vec![b'B'],
            claims: 3,
            claims_root: Digest([2; 32]),
            amount: 523_450,
            files: 2,
            gaps: 1,
        })),
        Event::DeskAdded { ledger: LedgerId([2; 16]), letter: b'K', name: "Maniitsoq".into() },
        Event::DeskOpened { of: LedgerId([1; 16]), letter: b'K', name: "Maniitsoq".into() },
        Event::DeskMerged(Box::new(DeskMerge {
            ledger: LedgerId([2; 16]),
            letter: b'K',
            head: 7,
            head_digest: Digest([1; 32]),
            claims: 3,
            claims_root: Digest([2; 32]),
            batches: vec![BatchId::new('K', 1)],
            payments: parts(),
        })),
        Event::OperatorsRecovered(Box::new(RecordedRecovery {
            code: KeyId([6; 8]),
            operators: vec![enrolment()],
            signature: [9; 64],
        })),
        Event::PaidElsewhere {
            payments: vec![EndToEndId { tag: Tag { obligation: [1; 8], series: [2; 8] }, attempt: 1 }],
        },
        Event::LostLedgerTold(Box::new(ToldOfLost {
            ledger: LedgerId([2; 16]),
            settled: 4,
            freed: 3,
            claims_root: Digest([9; 32]),
        })),
    ]
}

/// The first eight bytes of each event's SHA-256. If one of these changes, every ledger in use breaks at its first such entry.
#[test]
fn the_bytes_of_events_never_change() {
    let digests: Vec<String> = one_of_each()
        .iter()
        .map(|event| data_encoding::HEXLOWER.encode(&Sha256::digest(event.to_bytes())[..8]))
        .collect();
    let expected = [
        "d2e11b06fdedca64",
        "40b8aaf2759e9b1c",
        "1e87550ea3a99a8e",
        "afd844a065d25b3c",
        "c0aaf3dbb1f86492",
        "7c0f5fe009c378ea",
        "c341ad8756875b10",
        "9c933a647511b12b",
        "35f81c8f9c841f41",
        "d997719c44cf7266",
        "b879b20af0e59ec7",
        "d56fa1e1271f03a9",
        "ba2f20e570b27317",
        "38d753dbab3e7222",
        "092d05265f4f6a9a",
        "a76e3e5270c34c18",
        "43ad16a459d830cf",
        "551cec4410f6f86e",
        "e5a7818cc75a3652",
        "7c54b3fb282767c1",
        "123c4c8f83fa3732",
        "8ba2150451cff05a",
        "95655439e4252098",
        "835b883810f0bb70",
        "8626887988c820da",
        "95ff2d67f6eb492f",
        "4b3dad568a776625",
        "3885141d92e52f93",
        "0412f8d6877f8ef4",
        "32d3d993885dedb0",
        "fcd9bcb82a84046c",
        "86cce0d077d11669",
        "e8935dea6e4d890e",
        "53cba6aa266323b6",
        "2d9c0c544ec49203",
        "ce989484eaf5e93f",
        "74aabfe4e95144e9",
        "bd1dae373afe6d16",
        "f6c286dd6eb1d4ae",
        "a3bffaaf76ecc0f3",
        "7902699be42c8a8e",
        "f1d084329b545341",
        "2756513a399ed079",
        "f8f774fff72f1290",
        "e9a72fccb8c402a3",
        "7b3e10adb4a5d2e8",
        "3709dfa1530b671d",
        "ce35fd81661de7f0",
        "50d975354abd7bde",
    ];
    assert_eq!(digests, expected);
}

/// What an event seals about people is found through it, or no purge would end it.
#[test]
fn whatever_an_event_seals_is_told_of_it() {
    let sealed = [parts(), baseline().parts];
    let mut found = 0;
    for event in one_of_each() {
        let bytes = event.to_bytes();
        let holds = |parts: &&SealedParts| {
            let parts = borsh::to_vec(parts).expect("memory");
            bytes.windows(parts.len()).any(|window| window == parts)
        };
        assert_eq!(event.sealed_parts(), sealed.iter().find(holds), "{event:?}");
        found += usize::from(event.sealed_parts().is_some());
    }
    assert_eq!(found, 12);
}

/// Who may act, what leaves the usual way, what is destroyed and what goes on with a ledger that may be older: nobody does it alone.
#[test]
fn what_takes_two_people_takes_them_by_the_event_itself() {
    let of_two = one_of_each().into_iter().filter(Event::takes_two).map(|event| {
        let told = format!("{event:?}");
        told.split(['(', ' ']).next().unwrap_or_default().to_owned()
    });
    let expected = [
        "LedgerOpened",
        "OperatorEnrolled",
        "OperatorRetired",
        "SheetRowsDecided",
        "RemedyDecided",
        "EpisodeClosedOpen",
        "RecallBegun",
        "RecallGivenUp",
        "CopiesReviewed",
        "EpisodesPurged",
        "DuplicateKeyEnded",
        "LedgerAdopted",
        "PlaceAccepted",
        "RecoveryCodeMade",
        "LedgerRebuilt",
        "DeskAdded",
        "DeskOpened",
        "OperatorsRecovered",
    ];
    assert_eq!(of_two.collect::<Vec<_>>(), expected);
}

/// By these alone what is known of a payment changes: a release looks again only after one of them.
#[test]
fn what_tells_of_payments_is_known_by_the_event_itself() {
    let telling = one_of_each().into_iter().filter(Event::tells_of_payments).map(|event| {
        let told = format!("{event:?}");
        told.split(['(', ' ']).next().unwrap_or_default().to_owned()
    });
    let expected = ["OutcomeRecorded", "SheetReturned", "SheetRowsDecided", "RecallBegun", "RecallAnswered"];
    assert_eq!(telling.collect::<Vec<_>>(), expected);
}

#[test]
fn events_read_back_under_their_own_numbers() {
    let mut last = None;
    for event in one_of_each() {
        let bytes = event.to_bytes();
        assert!(last < Some(bytes[0]), "{event:?}");
        last = Some(bytes[0]);
        assert_eq!(Event::from_bytes(&bytes), Some(event));
        assert_eq!(Event::from_bytes(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Event::from_bytes(&[&bytes[..], b"x"].concat()), None, "nothing may follow");
    }
}
