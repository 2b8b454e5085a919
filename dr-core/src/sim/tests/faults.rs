//! What each fault does to those who look.

use super::{Desk, california, estate, id, leased_estate, ohio};
use crate::model::{
    DatabaseRole, DatabaseStatus, Duration, Estate, Exec, Infrastructure, Role, Settings,
    TrafficMethod,
};
use crate::port::{Answer, Decision, ErrorClass, People, Place, Question};
use crate::sim::Fault;
use crate::sim::people::{OnCall, Silent};

#[test]
fn a_promotion_is_refused_while_a_scheduled_backup_runs_and_accepted_when_it_is_done() {
    let desk = Desk::new(&estate(), 1);
    desk.sim.advance(Duration::from_mins(141));
    desk.run(async {
        let database = desk.ports.database(&id("database"), &california()).unwrap();
        let state = database.observe().await.unwrap();
        assert_eq!(state.status, DatabaseStatus::BackingUp);
        let error = database.promote(&desk.permit).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Conflict);
        desk.ports.clock.sleep(Duration::from_mins(8)).await;
        database.promote(&desk.permit).await.unwrap();
    });
}

#[test]
fn a_promotion_takes_minutes_with_a_reboot_at_its_end() {
    let desk = Desk::new(&estate(), 2);
    let started = desk.sim.now();
    desk.run(async {
        let database = desk.ports.database(&id("database"), &california()).unwrap();
        database.promote(&desk.permit).await.unwrap();
        for status in [DatabaseStatus::Promoting, DatabaseStatus::Rebooting] {
            let state = desk
                .until(|| database.observe(), |state| state.status == status)
                .await;
            assert!(!state.writable);
        }
        desk.until(|| database.observe(), |state| state.writable)
            .await;
    });
    let lasted = Duration::between(started, desk.sim.now());
    let expected = Duration::from_mins(2)..Duration::from_mins(10);
    assert!(expected.contains(&lasted), "{lasted}");
}

#[test]
fn an_isolated_region_serves_clients_and_answers_no_operator() {
    let desk = Desk::new(&estate(), 3);
    desk.sim.inject(Fault::RegionIsolated(ohio()));
    desk.run(async {
        let database = desk.ports.database(&id("database"), &ohio()).unwrap();
        let error = database.observe().await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Transient);
        let reach = desk.ports.observers.reach(&ohio()).await.unwrap();
        assert_eq!(reach.reached, reach.observers);
        let clients = desk.ports.observers.clients(Duration::from_secs(10));
        let clients = clients.await.unwrap();
        assert_eq!(clients.tried, clients.acknowledged);
    });
}

#[test]
fn a_partition_leaves_an_old_measurement_and_stops_a_leased_primary() {
    for (estate, served) in [(estate(), true), (leased_estate(), false)] {
        let desk = Desk::new(&estate, 4);
        let cut = desk.sim.now();
        desk.sim.inject(Fault::Partition);
        desk.sim.advance(Duration::from_mins(5));
        desk.run(async {
            let database = desk.ports.database(&id("database"), &california()).unwrap();
            let replication = database.observe().await.unwrap().replication.unwrap();
            assert!(replication.measured_at <= cut);
        });
        assert_eq!(desk.sim.truth().outages.is_empty(), served);
        desk.sim.inject(Fault::PartitionHealed);
        desk.sim.advance(Duration::from_mins(5));
        let clients = desk.run(desk.ports.observers.clients(Duration::from_mins(1)));
        let clients = clients.unwrap();
        assert_eq!(clients.tried, clients.acknowledged);
    }
}

#[test]
fn a_stalled_replica_falls_behind_and_catches_up() {
    let desk = Desk::new(&estate(), 5);
    let lag = || {
        desk.run(async {
            let database = desk.ports.database(&id("database"), &california()).unwrap();
            database.observe().await.unwrap().replication.unwrap().lag
        })
    };
    desk.sim.inject(Fault::ReplicationStalls(id("database")));
    desk.sim.advance(Duration::from_mins(20));
    assert!(lag() >= Duration::from_mins(20));
    desk.sim.inject(Fault::ReplicationResumes(id("database")));
    desk.sim.advance(Duration::from_mins(1));
    assert!(
        lag() > Duration::from_mins(10),
        "it applies no faster than it can"
    );
    desk.sim.advance(Duration::from_mins(3));
    assert!(lag() <= Duration::from_secs(3));
}

#[test]
fn a_lost_database_is_gone_and_the_fault_answers_for_its_writes() {
    let desk = Desk::new(&estate(), 6);
    desk.sim.inject(Fault::DatabaseLost {
        database: id("database"),
        site: ohio(),
    });
    desk.run(async {
        let database = desk.ports.database(&id("database"), &ohio()).unwrap();
        let state = database.observe().await.unwrap();
        assert_eq!(state.role, DatabaseRole::Absent);
        let error = database.fence(&desk.permit).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::NotFound);
        desk.promote(&california()).await;
    });
    assert!(desk.sim.truth().lost > 0);
    assert_eq!(desk.sim.violations(), []);
}

/// The estate with a record that is edited.
fn edited() -> Estate {
    let mut estate = estate();
    let door = estate.components.get_mut(&id("front-door")).unwrap();
    if let Settings::Traffic(traffic) = &mut door.settings {
        traffic.method = TrafficMethod::RecordEdit;
    }
    estate
}

#[test]
fn without_the_global_control_plane_a_record_is_not_edited_and_a_health_switch_works() {
    for (estate, works) in [(estate(), true), (edited(), false)] {
        let desk = Desk::new(&estate, 7);
        desk.sim.inject(Fault::GlobalControlDown);
        let shifted = desk.run(async {
            let door = desk.ports.traffic(&id("front-door")).unwrap();
            door.shift(&california(), &desk.permit).await
        });
        assert_eq!(shifted.is_ok(), works);
        desk.sim.advance(Duration::from_mins(5));
        let served = desk.sim.truth().writable_primaries[&id("database")].clone();
        assert_eq!(served, [ohio()]);
        assert_eq!(desk.sim.truth().outages.is_empty(), !works);
    }
}

#[test]
fn the_answer_follows_a_health_switch_after_three_checks_and_clients_after_the_ttl() {
    let desk = Desk::new(&estate(), 8);
    let started = desk.sim.now();
    desk.run(desk.shift(&california()));
    let after = Duration::between(started, desk.sim.now());
    let checks = Duration::from_secs(60)..=Duration::from_secs(96);
    assert!(checks.contains(&after), "{after}");
    desk.sim.advance(Duration::from_secs(61));
    let clients = desk.run(desk.ports.observers.clients(Duration::from_secs(1)));
    assert_eq!(
        clients.unwrap().acknowledged,
        0,
        "all have come to the standby"
    );
}

#[test]
fn a_site_short_of_capacity_refuses_more_members_and_gives_a_stack_as_many_as_it_has_room_for() {
    let desk = Desk::new(&estate(), 9);
    desk.sim.inject(Fault::ShortOfCapacity {
        fleet: id("app"),
        site: california(),
        limit: 2,
    });
    desk.run(async {
        let fleet = desk.ports.compute(&id("app"), &california()).unwrap();
        let error = fleet.scale(3, &desk.permit).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Conflict);
        let stack = desk.ports.stack(&id("stack"), &california()).unwrap();
        stack.apply(Role::Primary, &desk.permit).await.unwrap();
        let state = desk
            .until(|| fleet.observe(), |state| state.healthy == 2)
            .await;
        assert_eq!(state.desired, 3);
    });
}

#[test]
fn a_promotion_makes_both_stacks_dangerous_until_they_adopt_what_there_is() {
    let desk = Desk::new(&estate(), 10);
    desk.run(async {
        let new = desk.ports.stack(&id("stack"), &california()).unwrap();
        let old = desk.ports.stack(&id("stack"), &ohio()).unwrap();
        assert!(old.observe(Role::Primary).await.unwrap().pending.is_empty());
        assert!(new.observe(Role::Standby).await.unwrap().pending.is_empty());
        assert_eq!(new.observe(Role::Primary).await.unwrap().pending.change, 1);
        new.apply(Role::Primary, &desk.permit).await.unwrap();
        desk.until(
            || new.observe(Role::Primary),
            |state| state.applied_role == Role::Primary && state.locked_by.is_none(),
        )
        .await;
        desk.promote(&california()).await;
        assert!(
            new.observe(Role::Primary)
                .await
                .unwrap()
                .pending
                .destroys_data
        );
        assert!(
            old.observe(Role::Standby)
                .await
                .unwrap()
                .pending
                .destroys_data
        );
        let error = new.apply(Role::Primary, &desk.permit).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Conflict);
        new.adopt(Role::Primary, &desk.permit).await.unwrap();
        assert!(new.observe(Role::Primary).await.unwrap().pending.is_empty());
    });
}

#[test]
fn a_locked_state_refuses_an_apply_until_it_is_unlocked() {
    let desk = Desk::new(&estate(), 11);
    let (stack, site) = (id("stack"), california());
    desk.sim.inject(Fault::StateLocked {
        stack: stack.clone(),
        site: site.clone(),
        by: "mallory".to_owned(),
    });
    desk.run(async {
        let port = desk.ports.stack(&stack, &site).unwrap();
        let error = port.apply(Role::Primary, &desk.permit).await.unwrap_err();
        assert_eq!(error.message, "the state is locked by mallory");
        desk.sim.inject(Fault::StateUnlocked {
            stack: stack.clone(),
            site: site.clone(),
        });
        port.apply(Role::Primary, &desk.permit).await.unwrap();
    });
}

#[test]
fn a_git_server_starts_in_a_minute_and_its_mirror_falls_behind_when_it_stops() {
    let desk = Desk::new(&estate(), 12);
    let read = |site| {
        desk.run(async {
            let server = desk.ports.repository(&id("source"), &site).unwrap();
            server.observe().await.unwrap()
        })
    };
    desk.sim.inject(Fault::MirrorStops);
    desk.sim.advance(Duration::from_mins(60));
    let (primary, mirror) = (read(ohio()), read(california()));
    assert_eq!(primary.commits - mirror.commits, 6);
    assert!(!mirror.running);
    desk.sim.inject(Fault::MirrorResumes);
    desk.run(async {
        let server = desk.ports.repository(&id("source"), &california()).unwrap();
        server.start(&desk.permit).await.unwrap();
        desk.until(|| server.observe(), |state| state.running).await;
    });
    desk.sim.advance(Duration::from_mins(2));
    assert_eq!(read(ohio()).commits, read(california()).commits);
}

#[test]
fn monitoring_sees_the_site_that_it_watches_unless_it_is_blind() {
    let desk = Desk::new(&estate(), 13);
    desk.run(async {
        let metrics = desk
            .ports
            .monitoring(&id("metrics"), &california())
            .unwrap();
        let state = metrics.observe().await.unwrap();
        assert_eq!((state.watches, state.targets_up), (ohio(), state.targets));
        desk.sim.inject(Fault::RegionDark(ohio()));
        assert_eq!(metrics.observe().await.unwrap().targets_up, 0);
        metrics.repoint(&california(), &desk.permit).await.unwrap();
        let state = metrics.observe().await.unwrap();
        assert_eq!(
            (state.watches, state.targets_up),
            (california(), state.targets)
        );
        desk.sim.inject(Fault::MonitoringBlind(california()));
        assert_eq!(metrics.observe().await.unwrap().targets_up, 0);
    });
}

#[test]
fn facilities_say_what_was_seen() {
    let desk = Desk::new(&estate(), 14);
    desk.run(async {
        for (component, detail) in [
            ("balancer", "3 of 3 targets healthy"),
            ("network", "3 zones, 5 of 64 addresses used"),
            ("state", "0 objects"),
        ] {
            let facility = desk.ports.facility(&id(component), &ohio()).unwrap();
            let state = facility.observe().await.unwrap();
            assert_eq!((state.ready, state.detail.as_str()), (true, detail));
        }
    });
}

#[test]
fn a_command_that_the_world_was_told_of_is_observed_as_done_until_it_is_undone() {
    let desk = Desk::new(&estate(), 15);
    let argv = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
    desk.sim.teach(&Exec {
        command: argv("cdn flush"),
        observe: Some(argv("cdn is-flushed")),
        undo: Some(argv("cdn restore")),
    });
    desk.run(async {
        let timeout = Duration::from_secs(30);
        let commands = &desk.ports.commands;
        let observed = || async {
            let observe = argv("cdn is-flushed");
            commands.run(&observe, timeout, None).await.unwrap().status
        };
        assert_eq!(observed().await, 1);
        for (command, status) in [("cdn flush", 0), ("cdn restore", 1)] {
            let argv = argv(command);
            let ran = commands.run(&argv, timeout, Some(&desk.permit)).await;
            assert_eq!(ran.unwrap().status, 0);
            assert_eq!(observed().await, status);
        }
    });
}

#[test]
fn different_people_answer_one_question_until_none_is_left() {
    let desk = Desk::new(&estate(), 16);
    let people = OnCall::new(desk.sim.clock(), &["ann", "bob"], Duration::from_secs(90));
    let question = |people| Question {
        step: "approve".parse().unwrap(),
        code: "approval".to_owned(),
        text: "go?".to_owned(),
        people,
    };
    let started = desk.sim.now();
    let answers = desk.run(async {
        let mut answers: Vec<Answer> = Vec::new();
        while let Some(answer) = people.ask(&question(2), &answers, false).await {
            answers.push(answer);
        }
        assert_eq!(people.ask(&question(0), &[], false).await, None);
        assert_eq!(Silent.ask(&question(1), &[], false).await, None);
        answers
    });
    let who: Vec<&str> = answers.iter().map(|answer| answer.who.as_str()).collect();
    assert_eq!(who, ["ann", "bob"]);
    assert!(
        answers
            .iter()
            .all(|answer| answer.decision == Decision::Yes)
    );
    assert_eq!(
        Duration::between(started, desk.sim.now()),
        Duration::from_mins(3)
    );
}

#[test]
fn a_service_that_is_down_answers_nobody_at_its_place_and_clients_do_not_notice() {
    let desk = Desk::new(&estate(), 4);
    let rds = |place| ("rds".to_owned(), place);
    let (service, place) = rds(Place::Site(california()));
    desk.sim.inject(Fault::ServiceDown {
        service: service.clone(),
        place: place.clone(),
    });
    desk.run(async {
        let there = desk.ports.database(&id("database"), &california()).unwrap();
        let error = there.observe().await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Transient);
        let here = desk.ports.database(&id("database"), &ohio()).unwrap();
        here.observe().await.unwrap();
        let view = desk.ports.observers.clients(Duration::from_secs(10)).await;
        let view = view.unwrap();
        assert_eq!(view.tried, view.acknowledged);
        desk.sim.inject(Fault::ServiceUp { service, place });
        there.observe().await.unwrap();
    });
}

#[test]
fn without_the_bucket_of_its_state_a_stack_cannot_be_read_there() {
    let mut estate = estate();
    let stack = estate.components.get_mut(&id("stack")).unwrap();
    stack.settings = Settings::Infrastructure(Infrastructure {
        state: Some(id("state")),
    });
    let desk = Desk::new(&estate, 5);
    desk.sim.inject(Fault::ComponentDown {
        component: id("state"),
        site: ohio(),
    });
    desk.run(async {
        let lost = desk.ports.stack(&id("stack"), &ohio()).unwrap();
        let error = lost.observe(Role::Primary).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Transient);
        let other = desk.ports.stack(&id("stack"), &california()).unwrap();
        other.observe(Role::Standby).await.unwrap();
    });
}
