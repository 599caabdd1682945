import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** `Broker server.properties [--add-scram USER]...`: formats the log folder if it is new, then runs the broker, in one JVM. */
public class Broker {
  public static void main(String[] args) throws Exception {
    List<String> format = new ArrayList<>(List.of("format", "--ignore-formatted", "-t", "TESTCLUSTERAAAAAAAAAAA", "-c"));
    format.addAll(List.of(args));
    int failed = kafka.tools.StorageTool.execute(format.toArray(String[]::new), new PrintStream(System.err));
    if (failed != 0) System.exit(failed);
    kafka.Kafka.main(new String[] {args[0]});
  }
}
