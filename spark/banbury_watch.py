#!/usr/bin/env python3
"""Pairs and scores the connections of a folder on Apache Spark: the same as `banbury watch` says of them on one machine.

    spark-submit --master spark://host:7077 spark/banbury_watch.py --banbury /path/to/banbury --out PAIRS FILE|FOLDER...

Each file is read by `banbury partition records` where a worker has it (a shared file system; the paths are the same everywhere), the records of
a source come together in a shuffle, and `banbury partition pairs` scores what each partition has: Arrow goes in and out of the program by its
standard input and output. Folders of Parquet (`--parquet`) are read by Spark; their columns are those of `banbury partition records`, and
the ones that a pair cannot do without are kind, source, destination, protocol, start, input and offset.

The pairs are written as text, a line of JSON each, in the order of `--sort` (all lines sorted) or as the partitions have them.
"""
import argparse
import pathlib
import subprocess
import sys
import threading

import pyarrow
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

RECORDS = pyarrow.schema(
    [
        pyarrow.field(name, kind)
        for name, kind in [
            ("kind", pyarrow.int32()), ("source", pyarrow.string()), ("destination", pyarrow.string()), ("source_port", pyarrow.int32()),
            ("port", pyarrow.int32()), ("protocol", pyarrow.int32()), ("start", pyarrow.int64()), ("duration", pyarrow.int64()),
            ("sent", pyarrow.int64()), ("sent_ip", pyarrow.int64()), ("received", pyarrow.int64()), ("received_ip", pyarrow.int64()),
            ("one_way", pyarrow.bool_()), ("service", pyarrow.string()), ("state", pyarrow.string()), ("name", pyarrow.string()),
            ("id", pyarrow.string()), ("query_type", pyarrow.int32()), ("code", pyarrow.int32()), ("addresses", pyarrow.string()),
            ("answer_bytes", pyarrow.int64()), ("succeeded", pyarrow.bool_()), ("client_software", pyarrow.string()),
            ("server_software", pyarrow.string()), ("input", pyarrow.int32()), ("offset", pyarrow.int64()),
        ]
    ]
)
PAIRS = pyarrow.schema([("source", pyarrow.string()), ("contacts", pyarrow.int64()), ("record", pyarrow.string())])


def piped(command, batches=None, schema=None):
    """Runs a program, feeds it batches as an Arrow stream, and yields the batches of its answer."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE if batches is not None else subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    complaint, failure = [], []

    def feed():
        try:
            with pyarrow.ipc.new_stream(process.stdin, schema) as stream:
                for batch in batches:
                    stream.write_batch(batch.cast(schema) if batch.schema != schema else batch)
            process.stdin.close()
        except BrokenPipeError:
            pass  # The program has ended; its status says why.
        except Exception as error:  # Told below, in the thread that Spark listens to.
            failure.append(error)
            process.kill()

    threads = [threading.Thread(target=lambda: complaint.append(process.stderr.read()))]
    if batches is not None:
        threads.append(threading.Thread(target=feed))
    for thread in threads:
        thread.start()
    try:
        with pyarrow.ipc.open_stream(process.stdout) as stream:
            yield from stream
    except pyarrow.ArrowInvalid as error:
        failure.append(error)
    status = process.wait()
    for thread in threads:
        thread.join()
    if status not in (0, 3) or failure:
        told = b"".join(complaint).decode(errors="replace").strip()
        raise RuntimeError(f"{' '.join(command[:3])} ended with {status}: {told or failure}")
    if status == 3:
        print(b"".join(complaint).decode(errors="replace").strip(), file=sys.stderr)


def files_of(inputs):
    """The files, in the order in which `banbury watch` numbers them."""
    found = []
    for given in map(pathlib.Path, inputs):
        found += sorted(path for path in given.rglob("*") if path.is_file()) if given.is_dir() else [given]
    return [str(path.resolve()) for path in found]


def records_of_files(spark, arguments):
    program, files = arguments.banbury, files_of(arguments.inputs)
    if not files:
        sys.exit("no file to read")
    listed = spark.createDataFrame(list(enumerate(files)), "number int, path string").repartition(max(1, len(files)), "number")

    def read(batches):
        for batch in batches:
            for number, path in zip(batch["number"].to_pylist(), batch["path"].to_pylist()):
                yield from piped([program, "partition", "records", "--first-input", str(number), path])

    return listed.mapInArrow(read, from_arrow_schema(RECORDS))


def records_of_parquet(spark, arguments):
    table = spark.read.parquet(*arguments.inputs)
    missing = [name for name in ("kind", "source", "destination", "protocol", "start", "input", "offset") if name not in table.columns]
    if missing:
        sys.exit(f"the Parquet files have no column {', '.join(missing)}; docs/spark.md names them all")
    kinds = {field.name: field.dataType for field in from_arrow_schema(RECORDS)}
    return table.select(*[(F.col(name) if name in table.columns else F.lit(None)).cast(kind).alias(name) for name, kind in kinds.items()])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="+", metavar="FILE|FOLDER")
    parser.add_argument("--banbury", required=True, help="the program, built with the feature `arrow`; at the same place on every worker")
    parser.add_argument("--out", required=True, help="folder to write, which must not be there")
    parser.add_argument("--parquet", action="store_true", help="the inputs are Parquet")
    parser.add_argument("--partitions", type=int, default=0, help="parts to shuffle into [default: two for each core]")
    parser.add_argument("--memory", type=int, default=256, help="MiB of connections that one part holds; more go to a file")
    parser.add_argument("--sort", action="store_true", help="write one file, its lines sorted")
    arguments = parser.parse_args()
    spark = SparkSession.builder.appName("banbury watch").config("spark.sql.execution.arrow.maxRecordsPerBatch", 65536).getOrCreate()
    records = records_of_parquet(spark, arguments) if arguments.parquet else records_of_files(spark, arguments)
    # Read once: the span and the number of sources of each destination are of all records, the pairs of each part.
    records = records.persist()
    flows = records.where("kind = 0")
    span = records.select(F.min("start"), F.max(F.when(F.col("kind") == 0, F.col("start") + F.greatest(F.coalesce("duration", F.lit(0)), F.lit(0))).otherwise(F.col("start")))).first()
    if span[0] is None:
        sys.exit("there is no record in these files")
    sources = flows.groupBy("destination").agg(F.countDistinct("source").alias("sources"))
    parts = arguments.partitions or 2 * spark.sparkContext.defaultParallelism
    together = records.join(sources, "destination", "left").select(*RECORDS.names, F.col("sources").cast("bigint")).repartition(parts, "source")
    command = [arguments.banbury, "partition", "pairs", "--memory", str(arguments.memory), "--since", str(span[0]), "--until", str(span[1])]
    schema = RECORDS.append(pyarrow.field("sources", pyarrow.int64()))
    pairs = together.mapInArrow(lambda batches: piped(command, batches, schema), from_arrow_schema(PAIRS)).select("record")
    if arguments.sort:
        pairs = pairs.orderBy("record").coalesce(1)
    pairs.write.text(arguments.out)
    print(f"{records.count()} records, {parts} parts, written to {arguments.out}")
    spark.stop()


if __name__ == "__main__":
    main()
