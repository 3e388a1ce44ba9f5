//! The committed scenarios meet their expectations.

use std::path::Path;

use syncdyno::analysis::{assemble, cell_ids, judge};
use syncdyno::record::Judged;
use syncdyno::render;
use syncdyno::scenario::Request;
use syncdyno::world::{self, Ended, Stacks, Unwatched};

use crate::lost::ends;
use crate::worlds::{self, run, value};

/// Runs the scenario with some or all seeds and variants, and reports what is not as expected.
fn meets_its_expectations(path: &str) {
    let many = worlds::every_place() && !STILL.contains(&path);
    let seeds = if many { 1..=SEEDS } else { SEED..=SEED };
    let request = Request { seeds: seeds.collect(), ..Request::default() };
    let mut plans = worlds::plans(&worlds::document(path), &request);
    if !worlds::every_place() {
        let middle = 1..plans.len().saturating_sub(1).max(1);
        plans.drain(if DEAR.contains(&path) { 1..plans.len() } else { middle });
    }
    let all: Vec<Judged> = plans
        .iter()
        .zip(cell_ids(&plans))
        .map(|(plan, id)| {
            let outcome = run(plan);
            assert_eq!(ends(&outcome), value(&outcome, "workload.edits.made"), "{id}: an edit has one end");
            let mut judged = judge(plan, &id, &outcome);
            judged.cell.series = None;
            judged
        })
        .collect();
    let record = assemble("", &plans, all, &[]);
    let mut wrong = Vec::new();
    for cell in &record.cells {
        wrong.extend(render::reasons_of(cell).into_iter().map(|reason| format!("{}: {reason}", cell.id)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The number of seeds for which the bounds of each scenario hold (`SYNCDYNO_EVERY=1`).
const SEEDS: u64 = 50;
/// The seed tried by default, so that all tests end in a few minutes. It is not the first one, with
/// which `.ci/run` runs all scenarios.
const SEED: u64 = 2;

/// In these, nothing depends on the seed, and thousands of rows are written each time.
const STILL: &[&str] =
    &["scenarios/strategies/compare-growth.toml", "scenarios/strategies/cursor-table.toml"];

/// These take longest unoptimised: one cell of each is tried by default, and of others the first
/// and the last. `.ci/run` runs all cells with the release build.
const DEAR: &[&str] = &[
    "scenarios/conflicts/page.toml",
    "scenarios/device/background.toml",
    "scenarios/device/local-capture.toml",
    "scenarios/device/power-at-syncs.toml",
    "scenarios/device/ways-out.toml",
    "scenarios/device/year.toml",
    "scenarios/field/asked-again.toml",
    "scenarios/field/background-window.toml",
    "scenarios/field/big-row.toml",
    "scenarios/field/blocked-reads.toml",
    "scenarios/field/bounded-run.toml",
    "scenarios/field/eighteen-thousand.toml",
    "scenarios/field/forgotten.toml",
    "scenarios/field/held-requests.toml",
    "scenarios/field/parts-after-whole.toml",
    "scenarios/field/two-million.toml",
];

/// The names of the scenarios in a folder and its subfolders, after `prefix`.
pub(crate) fn scenarios(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry can be read").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name is a text");
        if path.is_dir() {
            scenarios(&path, &format!("{prefix}{name}/"), found);
        } else if let Some(name) = name.strip_suffix(".toml") {
            found.push(format!("{prefix}{name}"));
        }
    }
}

/// Every scenario except the day, which is a run of its own.
#[test]
fn suite_has_every_scenario() {
    let mut found = Vec::new();
    scenarios(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"), "", &mut found);
    found.retain(|name| name != "hospital-day");
    found.sort();
    let mut suite = SUITE.to_vec();
    suite.sort_unstable();
    assert_eq!(found, suite);
}

/// A line of a folder's table has a file, or several that belong together.
#[test]
fn suite_every_scenario_is_named_in_a_readme() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut found = Vec::new();
    scenarios(&root, "", &mut found);
    let is_named = |name: &String| {
        let (folder, file) = name.split_once('/').unwrap_or(("", name));
        let readme = std::fs::read_to_string(root.join(folder).join("README.md")).unwrap_or_default();
        readme.lines().any(|line| line.starts_with("| `") && line.contains(&format!("`{file}.toml`")))
    };
    found.retain(|name| !is_named(name));
    assert!(found.is_empty(), "the README of the folder does not say what these show: {}", found.join(", "));
}

/// One test per scenario, so that they run in parallel.
macro_rules! suite {
    ($($test:ident: $name:literal;)*) => {
        $(#[test]
        fn $test() {
            meets_its_expectations(concat!("scenarios/", $name, ".toml"));
        })*

        /// The scenarios that are run.
        const SUITE: &[&str] = &[$($name,)*];
    };
}

suite! {
    suite_answers_lost_meets_its_expectations: "answers-lost";
    suite_backend_backend_restored_meets_its_expectations: "backend/backend-restored";
    suite_backend_batch_job_meets_its_expectations: "backend/batch-job";
    suite_backend_clock_step_back_meets_its_expectations: "backend/clock-step-back";
    suite_backend_coarse_stamps_meets_its_expectations: "backend/coarse-stamps";
    suite_backend_failing_backend_meets_its_expectations: "backend/failing-backend";
    suite_backend_gateway_timeout_meets_its_expectations: "backend/gateway-timeout";
    suite_backend_gone_and_back_meets_its_expectations: "backend/gone-and-back";
    suite_backend_herd_after_outage_meets_its_expectations: "backend/herd-after-outage";
    suite_backend_herd_under_quota_meets_its_expectations: "backend/herd-under-quota";
    suite_backend_late_commits_meets_its_expectations: "backend/late-commits";
    suite_backend_leg_and_replica_meets_its_expectations: "backend/leg-and-replica";
    suite_backend_leg_outage_meets_its_expectations: "backend/leg-outage";
    suite_backend_load_in_midlife_meets_its_expectations: "backend/load-in-midlife";
    suite_backend_maintenance_by_zone_meets_its_expectations: "backend/maintenance-by-zone";
    suite_backend_office_hours_meets_its_expectations: "backend/office-hours";
    suite_backend_put_off_meets_its_expectations: "backend/put-off";
    suite_backend_refused_deletes_meets_its_expectations: "backend/refused-deletes";
    suite_backend_partial_success_meets_its_expectations: "backend/partial-success";
    suite_backend_provisioning_meets_its_expectations: "backend/provisioning";
    suite_backend_own_writes_meets_its_expectations: "backend/own-writes";
    suite_backend_replica_lag_meets_its_expectations: "backend/replica-lag";
    suite_backend_replica_under_quota_meets_its_expectations: "backend/replica-under-quota";
    suite_backend_restored_under_edits_meets_its_expectations: "backend/restored-under-edits";
    suite_chaos_meets_its_expectations: "chaos";
    suite_chaos_days_meets_its_expectations: "chaos-days";
    suite_checklist_automatic_meets_its_expectations: "checklist/automatic";
    suite_checklist_avoided_conflicts_meets_its_expectations: "checklist/avoided-conflicts";
    suite_checklist_changed_columns_meets_its_expectations: "checklist/changed-columns";
    suite_checklist_cleared_queue_meets_its_expectations: "checklist/cleared-queue";
    suite_checklist_conflict_page_meets_its_expectations: "checklist/conflict-page";
    suite_checklist_consistent_meets_its_expectations: "checklist/consistent";
    suite_checklist_deadline_meets_its_expectations: "checklist/deadline";
    suite_checklist_edits_meanwhile_meets_its_expectations: "checklist/edits-meanwhile";
    suite_checklist_flat_entities_meets_its_expectations: "checklist/flat-entities";
    suite_checklist_hierarchy_meets_its_expectations: "checklist/hierarchy";
    suite_checklist_light_entities_meets_its_expectations: "checklist/light-entities";
    suite_checklist_logout_meets_its_expectations: "checklist/logout";
    suite_checklist_merged_meets_its_expectations: "checklist/merged";
    suite_checklist_network_events_meets_its_expectations: "checklist/network-events";
    suite_checklist_own_actions_meets_its_expectations: "checklist/own-actions";
    suite_checklist_own_rows_meets_its_expectations: "checklist/own-rows";
    suite_checklist_photos_meets_its_expectations: "checklist/photos";
    suite_checklist_quick_hooks_meets_its_expectations: "checklist/quick-hooks";
    suite_checklist_resumed_meets_its_expectations: "checklist/resumed";
    suite_checklist_simple_or_full_meets_its_expectations: "checklist/simple-or-full";
    suite_checklist_stamps_meets_its_expectations: "checklist/stamps";
    suite_checklist_status_meets_its_expectations: "checklist/status";
    suite_checklist_sync_units_meets_its_expectations: "checklist/sync-units";
    suite_checklist_triggered_meets_its_expectations: "checklist/triggered";
    suite_checklist_two_foo_meets_its_expectations: "checklist/two-foo";
    suite_cookbook_body_limit_meets_its_expectations: "cookbook/body-limit";
    suite_cookbook_captive_portal_meets_its_expectations: "cookbook/captive-portal";
    suite_cookbook_deleted_order_meets_its_expectations: "cookbook/deleted-order";
    suite_cookbook_first_login_meets_its_expectations: "cookbook/first-login";
    suite_cookbook_herd_meets_its_expectations: "cookbook/herd";
    suite_cookbook_import_meets_its_expectations: "cookbook/import";
    suite_cookbook_killed_at_70_meets_its_expectations: "cookbook/killed-at-70";
    suite_cookbook_lost_responses_meets_its_expectations: "cookbook/lost-responses";
    suite_cookbook_night_meets_its_expectations: "cookbook/night";
    suite_cookbook_own_rows_meets_its_expectations: "cookbook/own-rows";
    suite_cookbook_photos_meets_its_expectations: "cookbook/photos";
    suite_cookbook_token_meets_its_expectations: "cookbook/token";
    suite_cookbook_two_edits_meets_its_expectations: "cookbook/two-edits";
    suite_cookbook_upgrade_meets_its_expectations: "cookbook/upgrade";
    suite_cookbook_wifi_only_meets_its_expectations: "cookbook/wifi-only";
    suite_units_chaos_meets_its_expectations: "units-chaos";
    suite_chunk_curve_meets_its_expectations: "chunk-curve";
    suite_chunk_sizes_meets_its_expectations: "chunk-sizes";
    suite_chunk_theory_meets_its_expectations: "chunk-theory";
    suite_conflicts_client_wins_meets_its_expectations: "conflicts/client-wins";
    suite_conflicts_dates_compared_meets_its_expectations: "conflicts/dates-compared";
    suite_conflicts_made_again_meets_its_expectations: "conflicts/made-again";
    suite_conflicts_server_wins_meets_its_expectations: "conflicts/server-wins";
    suite_controllers_meets_its_expectations: "controllers";
    suite_device_cloned_meets_its_expectations: "device/cloned";
    suite_device_cloned_while_saving_meets_its_expectations: "device/cloned-while-saving";
    suite_device_clocks_meets_its_expectations: "device/clocks";
    suite_device_clock_back_meets_its_expectations: "device/clock-back";
    suite_device_ways_out_meets_its_expectations: "device/ways-out";
    suite_device_restored_again_meets_its_expectations: "device/restored-again";
    suite_device_chunk_by_class_meets_its_expectations: "device/chunk-by-class";
    suite_device_cut_short_meets_its_expectations: "device/cut-short";
    suite_device_every_fault_meets_its_expectations: "device/every-fault";
    suite_device_handed_on_meets_its_expectations: "device/handed-on";
    suite_device_colleague_meets_its_expectations: "device/colleague";
    suite_device_life_chaos_meets_its_expectations: "device/life-chaos";
    suite_device_new_column_meets_its_expectations: "device/new-column";
    suite_device_reinstalled_meets_its_expectations: "device/reinstalled";
    suite_device_token_meets_its_expectations: "device/token";
    suite_device_upgrade_meets_its_expectations: "device/upgrade";
    suite_device_killed_away_meets_its_expectations: "device/killed-away";
    suite_device_killed_load_meets_its_expectations: "device/killed-load";
    suite_device_late_login_meets_its_expectations: "device/late-login";
    suite_device_login_while_looking_meets_its_expectations: "device/login-while-looking";
    suite_device_disk_full_meets_its_expectations: "device/disk-full";
    suite_device_disk_full_conflicts_meets_its_expectations: "device/disk-full-conflicts";
    suite_device_disk_full_killed_meets_its_expectations: "device/disk-full-killed";
    suite_device_foreground_meets_its_expectations: "device/foreground";
    suite_device_lightweight_meets_its_expectations: "device/lightweight";
    suite_device_low_memory_meets_its_expectations: "device/low-memory";
    suite_device_power_at_syncs_meets_its_expectations: "device/power-at-syncs";
    suite_device_power_loss_meets_its_expectations: "device/power-loss";
    suite_field_access_chaos_meets_its_expectations: "field/access-chaos";
    suite_field_asked_again_meets_its_expectations: "field/asked-again";
    suite_field_background_window_meets_its_expectations: "field/background-window";
    suite_field_big_row_meets_its_expectations: "field/big-row";
    suite_field_blocked_reads_meets_its_expectations: "field/blocked-reads";
    suite_field_bounded_run_meets_its_expectations: "field/bounded-run";
    suite_field_chaos_meets_its_expectations: "field/chaos";
    suite_field_forced_upload_meets_its_expectations: "field/forced-upload";
    suite_field_forgotten_meets_its_expectations: "field/forgotten";
    suite_field_loaded_again_meets_its_expectations: "field/loaded-again";
    suite_field_log_kept_too_short_meets_its_expectations: "field/log-kept-too-short";
    suite_field_offline_run_meets_its_expectations: "field/offline-run";
    suite_field_outbox_expires_meets_its_expectations: "field/outbox-expires";
    suite_field_signed_requests_meets_its_expectations: "field/signed-requests";
    suite_field_wipe_demanded_meets_its_expectations: "field/wipe-demanded";
    suite_hospital_hour_meets_its_expectations: "hospital-hour";
    suite_kill_in_pull_meets_its_expectations: "kill-in-pull";
    suite_kill_in_push_meets_its_expectations: "kill-in-push";
    suite_device_cancelled_meets_its_expectations: "device/cancelled";
    suite_device_unreadable_rows_meets_its_expectations: "device/unreadable-rows";
    suite_field_held_limit_meets_its_expectations: "field/held-limit";
    suite_field_held_requests_meets_its_expectations: "field/held-requests";
    suite_field_keep_alive_meets_its_expectations: "field/keep-alive";
    suite_field_live_chaos_meets_its_expectations: "field/live-chaos";
    suite_field_missed_announcements_meets_its_expectations: "field/missed-announcements";
    suite_field_push_messages_collapsed_meets_its_expectations: "field/push-messages-collapsed";
    suite_field_push_messages_lost_meets_its_expectations: "field/push-messages-lost";
    suite_field_reconnect_storm_meets_its_expectations: "field/reconnect-storm";
    suite_field_rows_sent_live_meets_its_expectations: "field/rows-sent-live";
    suite_links_caching_proxy_meets_its_expectations: "links/caching-proxy";
    suite_links_foreign_answers_meets_its_expectations: "links/foreign-answers";
    suite_links_foreign_pages_meets_its_expectations: "links/foreign-pages";
    suite_links_captive_portal_meets_its_expectations: "links/captive-portal";
    suite_links_copied_requests_meets_its_expectations: "links/copied-requests";
    suite_links_connections_meets_its_expectations: "links/connections";
    suite_links_field_worker_meets_its_expectations: "links/field-worker";
    suite_links_flapping_meets_its_expectations: "links/flapping";
    suite_links_half_open_meets_its_expectations: "links/half-open";
    suite_links_movers_meets_its_expectations: "links/movers";
    suite_links_outages_meets_its_expectations: "links/outages";
    suite_links_profiles_meets_its_expectations: "links/profiles";
    suite_links_streams_meets_its_expectations: "links/streams";
    suite_links_trace_replay_meets_its_expectations: "links/trace-replay";
    suite_links_vpn_meets_its_expectations: "links/vpn";
    suite_pull_overlap_meets_its_expectations: "pull-overlap";
    suite_pull_overlap_chaos_meets_its_expectations: "pull-overlap-chaos";
    suite_push_curve_meets_its_expectations: "push-curve";
    suite_strategies_change_log_meets_its_expectations: "strategies/change-log";
    suite_strategies_flag_forms_meets_its_expectations: "strategies/flag-forms";
    suite_strategies_flag_initial_meets_its_expectations: "strategies/flag-initial";
    suite_strategies_flag_lock_meets_its_expectations: "strategies/flag-lock";
    suite_strategies_flag_parallel_meets_its_expectations: "strategies/flag-parallel";
    suite_strategies_flag_per_device_meets_its_expectations: "strategies/flag-per-device";
    suite_strategies_flag_poison_meets_its_expectations: "strategies/flag-poison";
    suite_strategies_flag_race_meets_its_expectations: "strategies/flag-race";
    suite_strategies_flag_rearm_meets_its_expectations: "strategies/flag-rearm";
    suite_strategies_flag_stateless_meets_its_expectations: "strategies/flag-stateless";
    suite_strategies_flag_touched_meets_its_expectations: "strategies/flag-touched";
    suite_strategies_flag_when_meets_its_expectations: "strategies/flag-when";
    suite_strategies_crossover_meets_its_expectations: "strategies/crossover";
    suite_strategies_gateway_killed_meets_its_expectations: "strategies/gateway-killed";
    suite_strategies_night_window_meets_its_expectations: "strategies/night-window";
    suite_strategies_ota_or_persistent_meets_its_expectations: "strategies/ota-or-persistent";
    suite_strategies_refused_at_night_meets_its_expectations: "strategies/refused-at-night";
    suite_strategies_replica_forgets_meets_its_expectations: "strategies/replica-forgets";
    suite_strategies_replication_cost_meets_its_expectations: "strategies/replication-cost";
    suite_strategies_chaos_meets_its_expectations: "strategies/chaos";
    suite_strategies_legacy_at_night_meets_its_expectations: "strategies/legacy-at-night";
    suite_strategies_matrix_meets_its_expectations: "strategies/matrix";
    suite_tune_fleet_meets_its_expectations: "tune-fleet";
    suite_tune_phone_meets_its_expectations: "tune-phone";
    suite_own_rows_meets_its_expectations: "own-rows";
    suite_strategies_compare_behind_meets_its_expectations: "strategies/compare-behind";
    suite_strategies_compare_canonical_meets_its_expectations: "strategies/compare-canonical";
    suite_strategies_compare_growth_meets_its_expectations: "strategies/compare-growth";
    suite_strategies_compare_state_meets_its_expectations: "strategies/compare-state";
    suite_strategies_compare_unprovisioned_meets_its_expectations: "strategies/compare-unprovisioned";
    suite_strategies_file_drop_meets_its_expectations: "strategies/file-drop";
    suite_strategies_replica_in_pages_meets_its_expectations: "strategies/replica-in-pages";
    suite_strategies_upload_under_quota_meets_its_expectations: "strategies/upload-under-quota";
    suite_strategies_torn_snapshot_meets_its_expectations: "strategies/torn-snapshot";
    suite_strategies_cursor_late_commits_meets_its_expectations: "strategies/cursor-late-commits";
    suite_strategies_cursor_offset_touched_meets_its_expectations: "strategies/cursor-offset-touched";
    suite_strategies_cursor_precision_meets_its_expectations: "strategies/cursor-precision";
    suite_strategies_cursor_source_meets_its_expectations: "strategies/cursor-source";
    suite_strategies_cursor_table_meets_its_expectations: "strategies/cursor-table";
    suite_strategies_end_marker_meets_its_expectations: "strategies/end-marker";
    suite_strategies_hard_deletes_meets_its_expectations: "strategies/hard-deletes";
    suite_strategies_stamped_by_device_meets_its_expectations: "strategies/stamped-by-device";
    suite_strategies_cursor_restored_meets_its_expectations: "strategies/cursor-restored";
    suite_strategies_cursor_answers_lost_meets_its_expectations: "strategies/cursor-answers-lost";
    suite_strategies_gateway_restored_meets_its_expectations: "strategies/gateway-restored";
    suite_strategies_gateway_restored_deletes_meets_its_expectations: "strategies/gateway-restored-deletes";
    suite_strategies_two_nodes_meets_its_expectations: "strategies/two-nodes";
    suite_strategies_which_architecture_meets_its_expectations: "strategies/which-architecture";
    suite_strategies_volt_mx_meets_its_expectations: "strategies/volt-mx";
    suite_field_cached_sets_meets_its_expectations: "field/cached-sets";
    suite_field_deleted_documents_meets_its_expectations: "field/deleted-documents";
    suite_field_deleted_in_run_meets_its_expectations: "field/deleted-in-run";
    suite_field_eighteen_thousand_meets_its_expectations: "field/eighteen-thousand";
    suite_field_encrypted_meets_its_expectations: "field/encrypted";
    suite_field_history_meets_its_expectations: "field/history";
    suite_field_indexes_after_load_meets_its_expectations: "field/indexes-after-load";
    suite_field_random_keys_meets_its_expectations: "field/random-keys";
    suite_field_scanned_log_meets_its_expectations: "field/scanned-log";
    suite_field_two_million_meets_its_expectations: "field/two-million";
    suite_field_words_of_others_meets_its_expectations: "field/words-of-others";
    suite_field_access_changes_meets_its_expectations: "field/access-changes";
    suite_field_author_dated_meets_its_expectations: "field/author-dated";
    suite_field_moving_window_meets_its_expectations: "field/moving-window";
    suite_field_newest_only_meets_its_expectations: "field/newest-only";
    suite_field_parent_moves_meets_its_expectations: "field/parent-moves";
    suite_hooks_slow_meets_its_expectations: "hooks/slow";
    suite_hooks_throwing_meets_its_expectations: "hooks/throwing";
    suite_hooks_loop_meets_its_expectations: "hooks/loop";
    suite_scripts_linked_twice_meets_its_expectations: "scripts/linked-twice";
    suite_scripts_made_meets_its_expectations: "scripts/made";
    suite_scripts_nothing_tested_meets_its_expectations: "scripts/nothing-tested";
    suite_scripts_nulls_meets_its_expectations: "scripts/nulls";
    suite_scripts_pairs_meets_its_expectations: "scripts/pairs";
    suite_scripts_shown_meets_its_expectations: "scripts/shown";
    suite_scripts_taken_apart_meets_its_expectations: "scripts/taken-apart";
    suite_scripts_upload_only_meets_its_expectations: "scripts/upload-only";
    suite_strategies_api_sorts_meets_its_expectations: "strategies/api-sorts";
    suite_strategies_bad_rows_meets_its_expectations: "strategies/bad-rows";
    suite_strategies_one_way_meets_its_expectations: "strategies/one-way";
    suite_strategies_one_way_workers_meets_its_expectations: "strategies/one-way-workers";
    suite_strategies_products_meets_its_expectations: "strategies/products";
    suite_strategies_scope_moves_meets_its_expectations: "strategies/scope-moves";
    suite_units_by_volume_meets_its_expectations: "units/by-volume";
    suite_units_dates_meets_its_expectations: "units/dates";
    suite_units_retry_button_meets_its_expectations: "units/retry-button";
    suite_units_waits_meets_its_expectations: "units/waits";
    suite_device_away_meets_its_expectations: "device/away";
    suite_device_background_meets_its_expectations: "device/background";
    suite_device_suspended_meets_its_expectations: "device/suspended";
    suite_device_row_cost_meets_its_expectations: "device/row-cost";
    suite_device_grouped_meets_its_expectations: "device/grouped";
    suite_device_one_a_request_meets_its_expectations: "device/one-a-request";
    suite_device_year_meets_its_expectations: "device/year";
    suite_device_listed_in_a_load_meets_its_expectations: "device/listed-in-a-load";
    suite_backend_authorisation_meets_its_expectations: "backend/authorisation";
    suite_device_local_capture_meets_its_expectations: "device/local-capture";
    suite_device_squash_meets_its_expectations: "device/squash";
    suite_units_priority_meets_its_expectations: "units/priority";
    suite_units_pages_again_meets_its_expectations: "units/pages-again";
    suite_units_as_taught_meets_its_expectations: "units/as-taught";
    suite_units_at_once_meets_its_expectations: "units/at-once";
    suite_units_direct_meets_its_expectations: "units/direct";
    suite_strategies_bulk_import_meets_its_expectations: "strategies/bulk-import";
    suite_strategies_edits_meanwhile_meets_its_expectations: "strategies/edits-meanwhile";
    suite_conflicts_taken_updates_meets_its_expectations: "conflicts/taken-updates";
    suite_conflicts_told_meets_its_expectations: "conflicts/told";
    suite_conflicts_base_too_late_meets_its_expectations: "conflicts/base-too-late";
    suite_conflicts_two_saves_meets_its_expectations: "conflicts/two-saves";
    suite_conflicts_hierarchy_meets_its_expectations: "conflicts/hierarchy";
    suite_conflicts_parent_gone_meets_its_expectations: "conflicts/parent-gone";
    suite_conflicts_keys_on_the_phone_meets_its_expectations: "conflicts/keys-on-the-phone";
    suite_conflicts_id_pool_meets_its_expectations: "conflicts/id-pool";
    suite_conflicts_id_pool_copied_meets_its_expectations: "conflicts/id-pool-copied";
    suite_conflicts_push_order_meets_its_expectations: "conflicts/push-order";
    suite_conflicts_server_ids_meets_its_expectations: "conflicts/server-ids";
    suite_conflicts_few_rows_meets_its_expectations: "conflicts/few-rows";
    suite_conflicts_two_foo_meets_its_expectations: "conflicts/two-foo";
    suite_conflicts_two_technicians_meets_its_expectations: "conflicts/two-technicians";
    suite_conflicts_whole_families_meets_its_expectations: "conflicts/whole-families";
    suite_conflicts_page_meets_its_expectations: "conflicts/page";
    suite_conflicts_avoided_meets_its_expectations: "conflicts/avoided";
    suite_conflicts_editable_offline_meets_its_expectations: "conflicts/editable-offline";
    suite_conflicts_matrix_update_update_same_meets_its_expectations: "conflicts/matrix/update-update-same";
    suite_conflicts_matrix_update_update_other_meets_its_expectations: "conflicts/matrix/update-update-other";
    suite_conflicts_matrix_update_update_equal_meets_its_expectations: "conflicts/matrix/update-update-equal";
    suite_conflicts_matrix_update_delete_meets_its_expectations: "conflicts/matrix/update-delete";
    suite_conflicts_matrix_delete_update_meets_its_expectations: "conflicts/matrix/delete-update";
    suite_conflicts_matrix_delete_delete_meets_its_expectations: "conflicts/matrix/delete-delete";
    suite_conflicts_matrix_insert_insert_meets_its_expectations: "conflicts/matrix/insert-insert";
    suite_conflicts_matrix_parent_deleted_meets_its_expectations: "conflicts/matrix/parent-deleted";
    suite_conflicts_matrix_child_inserted_meets_its_expectations: "conflicts/matrix/child-inserted";
    suite_links_timeouts_meets_its_expectations: "links/timeouts";
    suite_wire_blind_inserts_meets_its_expectations: "wire/blind-inserts";
    suite_wire_upload_cache_meets_its_expectations: "wire/upload-cache";
    suite_wire_lost_answers_meets_its_expectations: "wire/lost-answers";
    suite_wire_deltas_meets_its_expectations: "wire/deltas";
    suite_wire_types_meets_its_expectations: "wire/types";
    suite_wire_projection_meets_its_expectations: "wire/projection";
    suite_wire_formats_meets_its_expectations: "wire/formats";
    suite_wire_chunk_bytes_meets_its_expectations: "wire/chunk-bytes";
    suite_wire_entities_gzipped_meets_its_expectations: "wire/entities-gzipped";
    suite_wire_binary_or_names_meets_its_expectations: "wire/binary-or-names";
    suite_wire_matrix_meets_its_expectations: "wire/matrix";
    suite_units_poison_meets_its_expectations: "units/poison";
    suite_units_triggers_meets_its_expectations: "units/triggers";
    suite_units_reconnect_meets_its_expectations: "units/reconnect";
    suite_units_blocking_login_meets_its_expectations: "units/blocking-login";
    suite_units_delete_all_meets_its_expectations: "units/delete-all";
    suite_backend_request_storm_meets_its_expectations: "backend/request-storm";
    suite_backend_restored_behind_meets_its_expectations: "backend/restored-behind";
    suite_units_login_discarded_meets_its_expectations: "units/login-discarded";
    suite_units_monolith_meets_its_expectations: "units/monolith";
    suite_units_when_required_meets_its_expectations: "units/when-required";
    suite_units_one_request_meets_its_expectations: "units/one-request";
    suite_units_partly_done_meets_its_expectations: "units/partly-done";
    suite_units_four_meets_its_expectations: "units/four";
    suite_units_books_meets_its_expectations: "units/books";
    suite_units_status_meets_its_expectations: "units/status";
    suite_units_nobody_taps_meets_its_expectations: "units/nobody-taps";
    suite_units_light_splash_meets_its_expectations: "units/light-splash";
    suite_units_never_updated_meets_its_expectations: "units/never-updated";
    suite_units_entity_apart_meets_its_expectations: "units/entity-apart";
    suite_units_kept_queue_meets_its_expectations: "units/kept-queue";
    suite_units_last_sync_on_meets_its_expectations: "units/last-sync-on";
    suite_units_head_of_line_meets_its_expectations: "units/head-of-line";
    suite_units_network_polled_meets_its_expectations: "units/network-polled";
    suite_units_services_meets_its_expectations: "units/services";
    suite_units_wifi_only_meets_its_expectations: "units/wifi-only";
    suite_units_photos_beside_meets_its_expectations: "units/photos-beside";
    suite_hooks_twice_meets_its_expectations: "hooks/twice";
    suite_conflicts_behind_a_merge_meets_its_expectations: "conflicts/behind-a-merge";
    suite_conflicts_blind_writes_meets_its_expectations: "conflicts/blind-writes";
    suite_conflicts_callback_meets_its_expectations: "conflicts/callback";
    suite_conflicts_chaos_meets_its_expectations: "conflicts/chaos";
    suite_conflicts_contended_meets_its_expectations: "conflicts/contended";
    suite_conflicts_detection_meets_its_expectations: "conflicts/detection";
    suite_conflicts_whole_rows_meets_its_expectations: "conflicts/whole-rows";
    suite_conflicts_clock_an_hour_off_meets_its_expectations: "conflicts/clock-an-hour-off";
    suite_wire_body_limit_meets_its_expectations: "wire/body-limit";
    suite_interrupted_resume_curve_meets_its_expectations: "interrupted/resume-curve";
    suite_interrupted_load_again_meets_its_expectations: "interrupted/load-again";
    suite_interrupted_date_moved_meets_its_expectations: "interrupted/date-moved";
    suite_interrupted_half_shown_meets_its_expectations: "interrupted/half-shown";
    suite_interrupted_one_bad_row_meets_its_expectations: "interrupted/one-bad-row";
    suite_interrupted_one_refused_edit_meets_its_expectations: "interrupted/one-refused-edit";
    suite_interrupted_simple_or_full_meets_its_expectations: "interrupted/simple-or-full";
    suite_device_login_ended_meets_its_expectations: "device/login-ended";
    suite_interrupted_half_committed_meets_its_expectations: "interrupted/half-committed";
    suite_device_photos_meets_its_expectations: "device/photos";
    suite_device_photos_given_up_meets_its_expectations: "device/photos-given-up";
    suite_device_photos_chaos_meets_its_expectations: "device/photos-chaos";
    suite_field_snapshot_race_meets_its_expectations: "field/snapshot-race";
    suite_field_poison_500_meets_its_expectations: "field/poison-500";
    suite_field_refused_whole_meets_its_expectations: "field/refused-whole";
    suite_field_there_already_meets_its_expectations: "field/there-already";
    suite_field_parts_after_whole_meets_its_expectations: "field/parts-after-whole";
    suite_reports_articles_in_memory_meets_its_expectations: "reports/articles-in-memory";
    suite_reports_cordova_rows_meets_its_expectations: "reports/cordova-rows";
    suite_reports_every_15s_meets_its_expectations: "reports/every-15s";
    suite_reports_field_photos_meets_its_expectations: "reports/field-photos";
    suite_reports_held_polls_idle_meets_its_expectations: "reports/held-polls-idle";
    suite_reports_hour_behind_meets_its_expectations: "reports/hour-behind";
    suite_reports_last_part_waits_meets_its_expectations: "reports/last-part-waits";
    suite_reports_network_first_meets_its_expectations: "reports/network-first";
    suite_reports_no_deadline_meets_its_expectations: "reports/no-deadline";
    suite_reports_odk_sheet_meets_its_expectations: "reports/odk-sheet";
    suite_reports_one_by_one_meets_its_expectations: "reports/one-by-one";
    suite_reports_photo_on_64k_meets_its_expectations: "reports/photo-on-64k";
    suite_reports_quota_storm_meets_its_expectations: "reports/quota-storm";
    suite_reports_radio_awake_meets_its_expectations: "reports/radio-awake";
    suite_reports_row_by_row_meets_its_expectations: "reports/row-by-row";
    suite_reports_schema_reset_meets_its_expectations: "reports/schema-reset";
    suite_reports_tie_of_26_meets_its_expectations: "reports/tie-of-26";
    suite_reports_within_20s_meets_its_expectations: "reports/within-20s";
    suite_reports_work_per_document_meets_its_expectations: "reports/work-per-document";
    suite_units_prebuilt_meets_its_expectations: "units/prebuilt";
}

#[test]
fn each_request_that_a_captive_portal_answers_has_failed_and_is_in_the_log() {
    let plan = worlds::plan("scenarios/links/captive-portal.toml", &[]);
    let (outcome, log) =
        world::run_logging(&plan, &Stacks::builtin(), &Unwatched, 10_000).unwrap_or_else(|e| panic!("{e}"));
    let page = value(&outcome, "net.captive.count");
    assert!(page > 0 && value(&outcome, "engine.requests.failed") == page, "{page}");
    assert_eq!(log.requests.len() as u64, value(&outcome, "engine.requests.count"));
    let refused = log.requests.iter().filter(|request| request.ended == Ended::Refused).count();
    assert_eq!(refused as u64, page);
}
