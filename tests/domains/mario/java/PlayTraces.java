package dsage.mario;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Plays recorded tapes and writes every state, as engine_traces.npz does. */
public final class PlayTraces implements AutoCloseable {
    private static final int TIMER = 20;

    private final Output rowInt;
    private final Output rowFloat;
    private final Output rowCount;
    private final Output spriteInt;
    private final Output spriteFloat;
    private final Output spriteCount;
    private final Output eventInt;
    private final Output eventFloat;
    private final Output eventCount;
    private final Output metrics;

    private PlayTraces(Path folder) throws IOException {
        rowInt = new Output(folder, "row_int");
        rowFloat = new Output(folder, "row_float");
        rowCount = new Output(folder, "row_count");
        spriteInt = new Output(folder, "sprite_int");
        spriteFloat = new Output(folder, "sprite_float");
        spriteCount = new Output(folder, "sprite_count");
        eventInt = new Output(folder, "event_int");
        eventFloat = new Output(folder, "event_float");
        eventCount = new Output(folder, "event_count");
        metrics = new Output(folder, "metrics");
    }

    /** Arguments: input file, output folder. Input per trace: level, start state, tape. */
    public static void main(String[] arguments) throws IOException {
        try (DataInputStream in =
                        new DataInputStream(
                                new BufferedInputStream(
                                        Files.newInputStream(Path.of(arguments[0]))));
                PlayTraces player = new PlayTraces(Path.of(arguments[1]))) {
            for (int left = in.readInt(); left > 0; left--) {
                Level level = Level.fromText(in.readUTF());
                int startState = in.readInt();
                player.play(new Game(level, TIMER, startState), in.readNBytes(in.readInt()));
            }
        }
    }

    private void play(Game game, byte[] tape) throws IOException {
        writeRow(game.world, -1, 0);
        int rows = 1;
        int events = 0;
        for (byte buttons : tape) {
            if (!game.isRunning()) {
                break;
            }
            game.step(buttons);
            writeRow(game.world, buttons, game.world.events.count);
            events += game.world.events.count;
            writeEvents(game.world.events);
            rows++;
        }
        rowCount.ints(rows);
        eventCount.ints(events);
        metrics.result(game.result());
    }

    private void writeRow(World world, int buttons, int events) throws IOException {
        Sprites s = world.sprites;
        Mario mario = world.mario;
        int flags =
                bit(s.onGround[0], 1)
                        | bit(mario.wasOnGround, 2)
                        | bit(mario.mayJump, 4)
                        | bit(mario.canShoot, 8)
                        | bit(mario.ducking, 16)
                        | bit(mario.large, 32)
                        | bit(mario.fire, 64)
                        | bit(s.alive[0], 128);
        rowInt.ints(world.tick, world.countdown, world.status, flags, s.facing[0]);
        rowInt.ints(mario.jumpTime, mario.invulnerable, world.pause, world.coins, world.lives);
        rowInt.ints(world.fireballCount, buttons, s.height[0], events);
        rowFloat.floats(s.x[0], s.y[0], s.xa[0], s.ya[0]);
        rowFloat.floats(world.cameraX, world.cameraY, mario.jumpStartX);
        spriteCount.ints(s.count - 1);
        for (int i = s.count - 1; i > Sprites.MARIO; i--) {
            spriteInt.ints(s.type[i], s.facing[i]);
            spriteFloat.floats(s.x[i], s.y[i], s.xa[i], s.ya[i]);
        }
    }

    private static int bit(boolean value, int mask) {
        return value ? mask : 0;
    }

    private void writeEvents(FrameEvents frame) throws IOException {
        for (int n = 0; n < frame.count; n++) {
            eventInt.ints(frame.tick[n], frame.code[n], frame.param[n], frame.mode[n]);
            eventFloat.floats(frame.x[n], frame.y[n]);
        }
    }

    @Override
    public void close() throws IOException {
        for (Output output :
                new Output[] {
                    rowInt, rowFloat, rowCount, spriteInt, spriteFloat, spriteCount, eventInt,
                    eventFloat, eventCount, metrics
                }) {
            output.close();
        }
    }
}
