//! What can be said on the command line: the one definition behind help, completions and the man page.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  banbury inspect router.bin                    what is in an image
  banbury inspect router.bin -o json=-          the same for a program
  banbury init c; banbury add c *.csv *.bin; banbury assess c

Exit status: 0 done, all met; 1 a measure breached or --fail-on reached;
2 could not do the job; 3 inconclusive: not all could be looked at.";

/// Weighs the evidence on network equipment, whoever made it.
#[derive(Debug, Parser)]
#[command(name = "banbury", version, after_help = EXAMPLES, disable_help_subcommand = false)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a case: a folder with settings and a ledger.
    Init(Init),
    /// Add exhibits to a case: images, tables of the network.
    Add(Add),
    /// Say what is in images, with or without a case.
    Inspect(Inspect),
    /// Write what is in an image to a folder, or list it.
    Unpack(Unpack),
    /// Fetch an inventory; the one command that uses the network.
    Fetch(Fetch),
    /// Inspect, import, apply the regimes, write the dossier.
    Assess(Assess),
    /// What is lost, or within reach, when something happens.
    WhatIf(Box<WhatIf>),
    /// Say who talks to whom in traffic records, and how regularly.
    Watch(Box<crate::commands::Watch>),
    /// Plan replacements so that a regime's measures hold in time.
    Plan(Plan),
    /// Review vendors since a day: fixed, new, regressed, remaining.
    Review(Review),
    /// What is really known of an image, product, vendor or device.
    Weigh(Weigh),
    /// Say what a release added, removed, upgraded, fixed, brought.
    DiffComponents(DiffComponents),
    /// Feeds of known vulnerabilities: import, list, count by vendor.
    Feeds(Feeds),
    /// Record a person's decision on a claim.
    Dispose(Dispose),
    /// Make a case of a made-up network, marked as such.
    Example {
        #[command(subcommand)]
        example: Example,
    },
    /// Say what a finding's or a measure's code means.
    Explain {
        /// A code, such as `credential.empty-password`, `practice-2019/redundancy` or `./our-rules/end-of-support`.
        code: String,
    },
    /// List the formats that are read and written, with their limits.
    Formats {
        /// Print a JSON Schema instead: network, inspect, dossier, ...
        #[arg(long, value_name = "NAME")]
        schema: Option<String>,
    },
    /// List the probes, with what they miss.
    Probes,
    /// List the regimes and their measures.
    Regimes {
        /// Folders of regimes of your own, in place of the built-in ones.
        folders: Vec<PathBuf>,
    },
    /// Begin a regime of your own, or run its worked examples.
    Regime(OwnRegime),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff).
    Man,
    /// The confined child of an inspection; for Banbury's own use.
    #[command(hide = true)]
    Confined {
        /// What it is to do, as JSON.
        task: String,
    },
    /// Steps of `watch` for engines that spread work.
    #[cfg(feature = "arrow")]
    Partition(crate::commands::Partition),
    /// The confined child of a partition; for Banbury's own use.
    #[cfg(feature = "arrow")]
    #[command(hide = true)]
    ConfinedPartition {
        /// What it is to do, as JSON.
        task: String,
    },
    /// The confined child of a watch; for Banbury's own use.
    #[command(hide = true)]
    ConfinedWatch {
        /// What it is to do, as JSON.
        task: String,
    },
}

const REGIME_EXAMPLES: &str = "\
Examples:
  banbury regime new our-rules            a small regime that works, to change
  banbury regime test our-rules           run its worked examples, check the rest
  banbury assess mycase --regime ./our-rules

Exit status of test: 0 all examples come to what they state; 1 one comes to something else, or
something is missing; 2 a folder cannot be read, or a query cannot be run.";

#[derive(Debug, Args)]
#[command(after_help = REGIME_EXAMPLES)]
pub(crate) struct OwnRegime {
    #[command(subcommand)]
    pub command: RegimeCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RegimeCommand {
    /// Make a folder with a small regime that works: one measure, its query, worked examples.
    New {
        /// Folder to make; its name is the regime's.
        folder: PathBuf,
    },
    /// Check folders of regimes as the built-in ones are checked, and run their worked examples.
    Test {
        /// The regimes' folders.
        #[arg(required = true)]
        folders: Vec<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Example {
    /// A national network of any size: regions, rings, aggregation, cores, invented vendors.
    Nation {
        /// Folder to make for the case.
        case: PathBuf,
        /// How many sites; some five devices stand at each.
        #[arg(long, value_name = "N", default_value_t = 1000)]
        sites: u32,
        /// Seed of chance: the same seed makes the same network.
        #[arg(long, value_name = "S", default_value_t = 1)]
        seed: u64,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Folder to make, or an existing one without a case.
    pub case: PathBuf,
    /// The case's name [default: the folder's].
    #[arg(long)]
    pub name: Option<String>,
    /// A regime to apply, by its name or its folder (with a `/`, from the case's folder on); repeatable [default: all
    /// built-in ones].
    #[arg(long = "regime", value_name = "NAME|DIR")]
    pub regimes: Vec<String>,
    /// Take the settings from this file instead.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "regimes"])]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The case's folder.
    pub case: PathBuf,
    /// Files to add.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// What the files are; told from their content otherwise.
    #[arg(long = "as", value_enum, value_name = "KIND")]
    pub kind: Option<Kind>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Kind {
    /// Images, packages, file systems.
    Firmware,
    /// Tables and graphs of the network model.
    Network,
    /// Bills of materials and VEX documents.
    Statement,
    /// Logs of connections, captures, flow exports.
    Traffic,
}

const FETCH_EXAMPLES: &str = "\
Examples:
  banbury init island; banbury fetch netbox island https://netbox.example.net --token-file t
  banbury fetch nautobot island http://10.0.0.5:8080 --token-file t --endpoint dcim/devices

Each endpoint's pages become one exhibit, as they were sent, and the case is pinned to them by
their hashes: nothing asks the server again. All or nothing: when one endpoint cannot be read
to its end, no exhibit is added. The token is sent to the host that is named and to no other.
HTTP and TLS are curl's, which has to be installed ($BANBURY_CURL names another one).

Exit status: 0 done; 2 could not do the job, and nothing was added.";

#[derive(Debug, Args)]
#[command(after_help = FETCH_EXAMPLES)]
pub(crate) struct Fetch {
    #[command(subcommand)]
    pub command: FetchCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FetchCommand {
    /// From a NetBox, through its REST API.
    Netbox(FetchOptions),
    /// From a Nautobot, through its REST API.
    Nautobot(FetchOptions),
}

#[derive(Debug, Args)]
pub(crate) struct FetchOptions {
    /// The case's folder.
    pub case: PathBuf,
    /// The server's address, such as https://netbox.example.net.
    pub url: String,
    /// File that holds the API's token and nothing else.
    #[arg(long, value_name = "FILE")]
    pub token_file: PathBuf,
    /// Fetch this endpoint alone, such as dcim/devices; repeatable [default: all that are read].
    #[arg(long = "endpoint", value_name = "ENDPOINT")]
    pub endpoints: Vec<String>,
    /// Trust the certificates in this file (PEM) instead of the system's.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Records a page.
    #[arg(long, value_name = "RECORDS", default_value_t = 500, help_heading = "Limits",
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub page_size: u32,
    /// Most pages of an endpoint.
    #[arg(long, value_name = "PAGES", default_value_t = 20_000, help_heading = "Limits")]
    pub max_pages: u64,
    /// Most to receive in all, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 8192, help_heading = "Limits",
          value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub max_total: u64,
    /// Longest time for one page, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, help_heading = "Limits",
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub page_seconds: u64,
    /// Longest time in all, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 7200, help_heading = "Limits",
          value_parser = clap::value_parser!(u64).range(1..=604_800))]
    pub max_seconds: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// Images to inspect.
    #[arg(required = true)]
    pub images: Vec<PathBuf>,
    /// Write a report: html, json, sarif, cyclonedx, spdx, ... (`banbury formats`); `-` is stdout; repeatable.
    #[arg(short, long = "output", value_name = "FORMAT=PATH")]
    pub outputs: Vec<crate::outputs::Output>,
    /// Exit with 1 when a finding has this grade or a higher one, or this code; repeatable.
    #[arg(long, value_name = "GRADE|CODE")]
    pub fail_on: Vec<String>,
    /// Count expiry from this day [default: today, UTC].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<jiff::civil::Date>,
    /// Who publishes the reports, for formats that demand it (openvex, csaf).
    #[arg(long, value_name = "NAME")]
    pub publisher: Option<String>,
    /// A URL that the publisher controls; csaf demands it.
    #[arg(long, value_name = "URL", requires = "publisher")]
    pub publisher_namespace: Option<String>,
    #[command(flatten)]
    pub feeds: FeedsPlace,
    #[command(flatten)]
    pub limits: Limits,
}

/// Where the feed database stands.
#[derive(Debug, Args)]
pub(crate) struct FeedsPlace {
    /// The feed database [default: $BANBURY_FEEDS, else banbury/feeds.sqlite in the user's data folder,
    /// $XDG_DATA_HOME or ~/.local/share].
    #[arg(long = "feeds", value_name = "PATH", id = "feeds-place")]
    pub path: Option<PathBuf>,
}

const FEED_EXAMPLES: &str = "\
Feeds are files that you fetch: Banbury itself stays offline. It reads, plain or in gzip, xz or zip:
  NVD JSON 1.1 and 2.0, the CVE List (cvelistV5), OSV, CISA KEV (JSON and CSV), EPSS (CSV),
  the Debian security tracker's JSON, endoflife.date's JSON.

Examples:
  banbury feeds import nvdcve-2.0-2024.json.gz known_exploited_vulnerabilities.json
  banbury feeds import cvelistV5-main.zip epss_scores-current.csv.gz
  banbury feeds list
  banbury feeds exploited --case c              known exploitation of the case's vendors, and of all

An import is all or nothing: of a file that is cut short nothing is used, and what was there stays.
Exit status: 0 done; 2 a file could not be imported, or there is no feed database.";

#[derive(Debug, Args)]
#[command(after_help = FEED_EXAMPLES)]
pub(crate) struct Feeds {
    #[command(subcommand)]
    pub command: FeedsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FeedsCommand {
    /// Import files, or folders of files of one feed, into the feed database.
    Import {
        /// Files and folders.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The date of feeds that state none themselves, such as Debian's tracker.
        #[arg(long, value_name = "YYYY-MM-DD")]
        dated: Option<jiff::civil::Date>,
        #[command(flatten)]
        place: FeedsPlace,
    },
    /// List what was imported, with its age and what was wrong with it.
    List {
        /// Count ages up to this day [default: today, UTC].
        #[arg(long, value_name = "YYYY-MM-DD")]
        as_of: Option<jiff::civil::Date>,
        #[command(flatten)]
        place: FeedsPlace,
    },
    /// Count the catalogue of exploited vulnerabilities (CISA KEV) by vendor.
    Exploited(ExploitedOptions),
}

#[derive(Debug, Args)]
pub(crate) struct ExploitedOptions {
    /// Vendors to show first, with what each was matched with.
    #[arg(value_name = "VENDOR")]
    pub vendors: Vec<String>,
    /// Show the vendors of this case first.
    #[arg(long, value_name = "CASE")]
    pub case: Option<PathBuf>,
    /// Count apart what the catalogue took up on this day or later.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub since: Option<jiff::civil::Date>,
    /// Write the counts: json; `-` is stdout; repeatable.
    #[arg(short, long = "output", value_name = "FORMAT=PATH")]
    pub outputs: Vec<crate::outputs::Output>,
    /// Count the catalogue's age up to this day [default: today, UTC].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<jiff::civil::Date>,
    #[command(flatten)]
    pub place: FeedsPlace,
}

const REVIEW_EXAMPLES: &str = "\
Examples:
  banbury review c \"Marram Broadband\" --since 2026-01-01
  banbury review c CSG-210 QX-40 --since 2026-01-01 -o json=review.json
  banbury review c --all --since 2026-01-01 --fail-on high

It reads the case's ledger and inspects nothing: run `banbury assess` before. Of each product the
last image that was inspected before the day is held against the last that was first inspected on
it or later. A finding is fixed only where the same probe looked for it again. Images come to
vendors and products by the inventories, of this import and of earlier ones, and by what they say
of themselves; which and by what is printed.

Exit status: 0 done; 1 --fail-on was reached; 2 could not do the job; 3 of some of it nothing was
inspected before or after the day, or not everything could be told.";

#[derive(Debug, Args)]
#[command(after_help = REVIEW_EXAMPLES, override_usage = "banbury review [OPTIONS] --since <YYYY-MM-DD> [CASE] <VENDOR|PRODUCT>...\n       banbury review [OPTIONS] --since <YYYY-MM-DD> [CASE] --all")]
pub(crate) struct Review {
    /// The case's folder (may be left out where the working folder is one), then vendors and products.
    #[arg(value_name = "CASE|NAME")]
    pub words: Vec<String>,
    /// The day of the last review: what was inspected before it is held against what was inspected since.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub since: jiff::civil::Date,
    /// Review every vendor of the case.
    #[arg(long)]
    pub all: bool,
    /// Write the review: json, html; `-` is stdout; repeatable.
    #[arg(short, long = "output", value_name = "FORMAT=PATH")]
    pub outputs: Vec<crate::outputs::Output>,
    /// Exit with 1 when a finding that is there now has this grade or a higher one, or this code; repeatable.
    #[arg(long, value_name = "GRADE|CODE")]
    pub fail_on: Vec<String>,
    /// Count ages up to this day [default: today, UTC].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<jiff::civil::Date>,
    #[command(flatten)]
    pub feeds: FeedsPlace,
}

const WHAT_IF_EXAMPLES: &str = "\
Kinds: vendor, product, version, component, vulnerability, jurisdiction, contractor, site,
region, country, power, segment, role, function, device; of links alone operator, medium, duct,
link.

Examples:
  banbury what-if case                              how it stands: what hangs on one thing, and on how few
  banbury what-if case --lose vendor:Marram
  banbury what-if case --lose site:Hub-1 --lose operator:Ferrous    both at once
  banbury what-if case --lose duct:Bridge --per-subscriber UPF=2 --cascade
  banbury what-if case --isolate country:GB
  banbury what-if case --compromise site:Hub-1 --steps 3            over the management plane
  banbury what-if case --each vendor                each of them, pairs, the fewest that cut half off
  banbury what-if case --scenarios exercise.txt     a line each: NAME = lose vendor:X + isolate region:Y
  banbury what-if case --monte-carlo 10000 --failure device=0.001 --failure duct=0.0005

Exit status: 0 done; 2 could not do the job; 3 the case has no links or nobody asks for anything,
so that what is lost cannot be told.";

/// Who solves a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SolverName {
    /// Our own branch and bound.
    Own,
    /// HiGHS, where it was built in.
    Highs,
}

/// What is done with a large network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Judged {
    /// Where the network is not too large for it.
    Auto,
    /// Always.
    Always,
    /// Not at all.
    Never,
}

#[derive(Debug, Args)]
#[command(after_help = WHAT_IF_EXAMPLES)]
pub(crate) struct WhatIf {
    /// The case's folder; it has been assessed before.
    pub case: PathBuf,
    /// Everything that has this property fails; repeatable, as all of these: they happen at once.
    #[arg(long, value_name = "KIND:NAME")]
    pub lose: Vec<String>,
    /// It may no longer be used: what is lost without a replacement, and what a replacement costs.
    #[arg(long, value_name = "KIND:NAME")]
    pub ban: Vec<String>,
    /// The day of the ban: verdicts and contracts are as of that day.
    #[arg(long, value_name = "YYYY-MM-DD", requires = "ban", conflicts_with = "as_of")]
    pub from: Option<jiff::civil::Date>,
    /// Nobody mends it any more: what depends on it, as if it failed.
    #[arg(long, value_name = "KIND:NAME")]
    pub unsupported: Vec<String>,
    /// An intruder holds it: what is within reach, and what is lost when it is switched off.
    #[arg(long, value_name = "KIND:NAME")]
    pub compromise: Vec<String>,
    /// A known vulnerability is used wherever an inspected image is affected.
    #[arg(long, value_name = "CVE")]
    pub exploit: Vec<String>,
    /// A site, region, country, power region or segment has no link to the rest.
    #[arg(long, value_name = "KIND:NAME")]
    pub isolate: Vec<String>,
    /// Scenarios from a file, as one table; `-` is stdin.
    #[arg(long, value_name = "FILE")]
    pub scenarios: Option<PathBuf>,
    /// Steps that an intruder goes on over the management plane, each device reached taken over in turn [default: 1].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub steps: Option<u8>,
    /// Traffic for each subscriber where demands state none, in Mbit/s; repeatable, one for each function.
    #[arg(long, value_name = "[FUNCTION=]MBPS")]
    pub per_subscriber: Vec<String>,
    /// Whether what the links' capacities carry is looked at.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub capacity: Judged,
    /// Links that are overloaded fail, and load the others, until nothing more fails.
    #[arg(long)]
    pub cascade: bool,
    /// With --cascade: links carry so many percent above their load on the whole network, whatever capacity they state.
    #[arg(long, value_name = "PERCENT", requires = "cascade", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub tolerance: Option<u32>,
    /// Hold all of one kind against each other.
    #[arg(long, value_name = "KIND")]
    pub each: Option<String>,
    /// Draw so many states of the network in which things have failed by chance, each by itself.
    #[arg(long, value_name = "DRAWS", value_parser = clap::value_parser!(u32).range(10..=10_000_000))]
    pub monte_carlo: Option<u32>,
    /// With --monte-carlo: the seed; the same one gives the same figures anywhere [default: 1].
    #[arg(long, value_name = "SEED", requires = "monte_carlo")]
    pub seed: Option<u64>,
    /// With --monte-carlo: the probability that one of a kind has failed, or one by its name; repeatable.
    #[arg(long = "failure", value_name = "KIND[:NAME]=P", requires = "monte_carlo")]
    pub failures: Vec<String>,
    /// With --monte-carlo: a file of them, one a line; `-` is stdin.
    #[arg(long = "failures", value_name = "FILE", requires = "monte_carlo")]
    pub failures_file: Option<PathBuf>,
    /// The share of a function's subscribers that the fewest losses are to cut off; with --monte-carlo the
    /// share whose loss is counted; in percent [default: 50].
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub share: Option<u8>,
    /// Whether the case's regimes are applied to what remains.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub verdicts: Judged,
    /// Regimes instead of the case's; repeatable, `all` for every built-in one.
    #[arg(long = "regime", value_name = "REGIME")]
    pub regimes: Vec<String>,
    /// Write the answers: json, or csv for the table of scenarios; `-` is stdout; repeatable.
    #[arg(short, long = "output", value_name = "FORMAT=PATH")]
    pub outputs: Vec<crate::outputs::Output>,
    /// The day that contracts and verdicts are as of [default: today, UTC].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<jiff::civil::Date>,
}

const PLAN_EXAMPLES: &str = "\
Examples:
  banbury plan case --regime uk-hrv-2020 --by 2027-12-31
  banbury plan case --by 2027-12-31 --options plan.toml -o csv=plan.csv -o html=plan.html
  banbury plan case --by 2027-12-31 --options-template > plan.toml
  banbury plan case --by 2027-12-31 --regime all --compare --blanket vendor:X

Without --options the candidates are the products that the network has already, at their
costs, and crews are without bound. Ctrl-C ends with the best plan so far and its gap.

Exit status: 0 a plan, proven and checked; 1 what is asked cannot hold together; 2 could not
do the job; 3 a plan that is not proven within --gap, or that the checker finds fault with.";

#[derive(Debug, Args)]
#[command(after_help = PLAN_EXAMPLES)]
pub(crate) struct Plan {
    /// The case's folder; it has been assessed before.
    pub case: PathBuf,
    /// Regimes instead of the case's; repeatable or with commas, `all` for every built-in one.
    #[arg(long = "regime", value_name = "REGIME", value_delimiter = ',')]
    pub regimes: Vec<String>,
    /// The plan's last day.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub by: jiff::civil::Date,
    /// Candidates, crews, capacities, budgets, caps (TOML).
    #[arg(long, value_name = "FILE")]
    pub options: Option<PathBuf>,
    /// Print a file of options made from the case, and do nothing else.
    #[arg(long, conflicts_with_all = ["options", "outputs"])]
    pub options_template: bool,
    /// By how much the plan may cost more than the least that is proven, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 0.1, allow_negative_numbers = true)]
    pub gap: f64,
    /// What each regime costs by itself, in one table.
    #[arg(long)]
    pub compare: bool,
    /// With --compare: what it costs to replace all of it, whatever it does: vendor:, list:, product:, platform:NAME;
    /// behind it " in role:NAME", " in function:NAME", " in region:NAME"; repeatable.
    #[arg(long, value_name = "KIND:NAME", requires = "compare")]
    pub blanket: Vec<String>,
    /// Whether the regimes are applied to what the plan makes of the network.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub check: Judged,
    /// Who solves it: our own branch and bound, or HiGHS where it was built in.
    #[arg(long, value_name = "SOLVER", default_value = "own")]
    pub solver: SolverName,
    /// End the search after so many seconds; what comes of it then depends on the machine.
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<u64>,
    /// Write the plan: json, csv, html; `-` is stdout; repeatable.
    #[arg(short, long = "output", value_name = "FORMAT=PATH")]
    pub outputs: Vec<String>,
    /// The plan's first day [default: today, UTC].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<jiff::civil::Date>,
}

const WEIGH_EXAMPLES: &str = "\
Examples:
  banbury weigh router.bin                          an image, without a case
  banbury weigh case vendor:Marram                  all its images, and where it stands
  banbury weigh case product:\"CSG 210\" -o html=csg-210.html
  banbury weigh case image:fw-2.4.bin --fail-on 20dB
  banbury weigh case device:core-1

Hidden access is weighed in decibans: what was found speaks for it, what was read and found
clean against it. What is observed is counted. What was not looked at stands beside both.
Attach a document to a finding with `banbury dispose`: it is then shown and no longer counts.

Exit status: 0 done; 1 --fail-on was reached; 2 could not do the job; 3 not all of the subject
was looked at.";

#[derive(Debug, Args)]
#[command(after_help = WEIGH_EXAMPLES)]
pub(crate) struct Weigh {
    /// The case's folder [default: the working folder] and vendor:NAME, product:NAME, device:NAME or image:NAME (or the first
    /// digits of its hash); or an image's file alone.
    #[arg(required = true, num_args = 1..=2, value_name = "CASE|SUBJECT")]
    pub words: Vec<String>,
    /// Write the page: json, html; `-` is stdout; repeatable.
    #[arg(short, long = "output", value_name = "FORMAT=PATH")]
    pub outputs: Vec<crate::outputs::Output>,
    /// Exit with 1 when a finding has this grade or a higher one, this code, or hidden access weighs so much, as in 20dB; repeatable.
    #[arg(long, value_name = "GRADE|CODE|WEIGHT")]
    pub fail_on: Vec<String>,
    /// Contracts and ages count as of this day [default: today, UTC].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<jiff::civil::Date>,
    #[command(flatten)]
    pub feeds: FeedsPlace,
    #[command(flatten)]
    pub limits: Limits,
}

const DIFF_EXAMPLES: &str = "\
Examples:
  banbury diff-components router-1.0.bin router-1.1.bin
  banbury diff-components old.bin new.bin -o json=-

Exit status: 0 done; 1 --fail-on was reached; 2 could not do the job; 3 not all of the images
could be looked at.";

#[derive(Debug, Args)]
#[command(after_help = DIFF_EXAMPLES)]
pub(crate) struct DiffComponents {
    /// The image of the older release.
    pub old: PathBuf,
    /// The image of the newer release.
    pub new: PathBuf,
    /// Write the differences: json; `-` is stdout; repeatable.
    #[arg(short, long = "output", value_name = "FORMAT=PATH")]
    pub outputs: Vec<crate::outputs::Output>,
    /// Exit with 1 when the newer release brought this: vulnerability, exploited, downgrade; repeatable.
    #[arg(long, value_name = "WHAT", value_parser = ["vulnerability", "exploited", "downgrade"])]
    pub fail_on: Vec<String>,
    /// Count expiry and the ages of feeds from this day [default: today, UTC].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<jiff::civil::Date>,
    #[command(flatten)]
    pub feeds: FeedsPlace,
    #[command(flatten)]
    pub limits: Limits,
}

const LAYOUT: &str = "\
What is written where, for a squashfs at 0x10040 of IMAGE and a gzip file in it:
  DIR/00010040.squashfs/etc/passwd                          its tree
  DIR/00010040.squashfs/x.gz                                a file in it, and
  DIR/00010040.squashfs/x.gz.unpacked/00000000.gzip.content what that holds
  DIR/00020000-00030000.unknown                             bytes in no known format
  DIR/00030000-00040000.dense                               the same, as dense as encrypted ones
  DIR/banbury-unpack.json                                   the manifest: every object, its
                                                            provenance, hash, owner, mode, time
A stream that is taken apart in full is not written itself (--streams writes it). Names are
written so that none leaves its folder or takes another's: `\\xNN` for bytes that are no text,
`NAME~1` for an earlier entry of the same name. Symbolic links are made where they stay in
their tree, devices and set-user-ID bits never; the manifest has them all.

Exit status: 0 done; 2 could not do the job, and nothing is left under DIR; 3 done, but not
all of the image could be unpacked.";

#[derive(Debug, Args)]
#[command(after_help = LAYOUT)]
pub(crate) struct Unpack {
    /// The image.
    pub image: PathBuf,
    /// Folder to write to: one that does not exist yet, or an empty one.
    #[arg(required_unless_present = "list", conflicts_with = "list")]
    pub dir: Option<PathBuf>,
    /// Write nothing; list what would be written.
    #[arg(long)]
    pub list: bool,
    /// Write the manifest, with --list too: json; `-` is stdout; repeatable.
    #[arg(short, long = "output", value_name = "FORMAT=PATH")]
    pub outputs: Vec<crate::outputs::Output>,
    /// Write streams, too, whose content is taken apart in full.
    #[arg(long)]
    pub streams: bool,
    #[command(flatten)]
    pub limits: Limits,
}

/// How much an inspection may use.
#[derive(Debug, Args)]
pub(crate) struct Limits {
    /// Largest object to unpack, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 512, help_heading = "Limits")]
    pub max_object: u64,
    /// Most to unpack in all, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 8192, help_heading = "Limits")]
    pub max_total: u64,
    /// Most containers inside each other.
    #[arg(long, value_name = "LEVELS", default_value_t = 24, help_heading = "Limits",
          value_parser = clap::value_parser!(u32).range(1..=200))]
    pub max_depth: u32,
    /// Longest time for one image, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, help_heading = "Limits",
          value_parser = clap::value_parser!(u64).range(1..=604_800))]
    pub max_seconds: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Assess {
    /// The case's folder.
    pub case: PathBuf,
    /// Write a further report: html, json, ... (`banbury formats`); `-` is stdout; repeatable.
    #[arg(short, long = "output", value_name = "FORMAT=PATH")]
    pub outputs: Vec<crate::outputs::Output>,
    /// Assess as of this day [default: today, UTC].
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<jiff::civil::Date>,
    /// A regime to apply in place of those that banbury.toml names, by its name or its folder (with a `/`); `all`: every
    /// built-in one and those; repeatable.
    #[arg(long = "regime", value_name = "NAME|DIR")]
    pub regimes: Vec<String>,
    /// Say also how much trust each regime asks of which function and role.
    #[arg(long)]
    pub sensitivity: bool,
    /// Work out the timeline and what would change each verdict: both apply measures many times.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Ahead::Auto)]
    pub outlook: Ahead,
    /// Exit with 1 also when a finding has this grade or a higher one, or this code; repeatable.
    #[arg(long, value_name = "GRADE|CODE")]
    pub fail_on: Vec<String>,
    #[command(flatten)]
    pub feeds: FeedsPlace,
    #[command(flatten)]
    pub limits: Limits,
}

/// When the timeline and what would change verdicts are worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ahead {
    /// Up to 60,000 devices.
    Auto,
    /// Whatever it takes.
    Always,
    /// Not.
    Never,
}

#[derive(Debug, Args)]
pub(crate) struct Dispose {
    /// The case's folder.
    pub case: PathBuf,
    /// The claim's fingerprint, or its first digits when no other claim has them.
    pub claim: String,
    /// The decision.
    #[arg(long, value_parser = ["accepted", "disputed", "not applicable"])]
    pub state: String,
    /// Why.
    #[arg(long)]
    pub reason: String,
    /// Who decides.
    #[arg(long)]
    pub person: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_help_fits_one_screen_and_shows_three_examples() {
        let help = Arguments::command().term_width(80).render_help().to_string();
        assert!(help.lines().count() <= 40, "{help}");
        assert_eq!(help.lines().filter(|line| line.starts_with("  banbury ")).count(), 3);
    }
}
