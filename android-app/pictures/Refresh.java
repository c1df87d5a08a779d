import java.awt.Image;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;

/**
 * Makes the pictures that README.md shows anew, at a third of their size, from the screenshots of the last
 * {@code mvn -f android-app verify}. Run from the repository's root:
 * {@code java android-app/pictures/Refresh.java}
 *
 * <p>With {@code --check} it changes nothing, names each picture that is not what was drawn, and ends with 1 if
 * there is any.
 */
final class Refresh {
    private static final Pattern PICTURE = Pattern.compile("\"pictures/([a-z-]+\\.png)\"");

    /**
     * Levels of 255 by which a colour may differ: processors of another kind round otherwise at the edges of
     * letters. A letter, a line or a colour that changed differs by far more.
     */
    private static final int TOLERANCE = 16;

    public static void main(String[] arguments) throws IOException {
        boolean checks = List.of(arguments).equals(List.of("--check"));
        Path app = Path.of("android-app");
        List<String> stale = new ArrayList<>();
        var matcher = PICTURE.matcher(Files.readString(app.resolve("README.md")));
        while (matcher.find()) {
            String name = matcher.group(1);
            Path screenshot = app.resolve("target/screenshots").resolve(name);
            if (!Files.exists(screenshot)) {
                throw new IOException(screenshot + " is not there: run the app's tests first");
            }
            BufferedImage small = small(ImageIO.read(screenshot.toFile()));
            Path picture = app.resolve("pictures").resolve(name);
            if (!checks) {
                ImageIO.write(small, "png", picture.toFile());
            } else if (!Files.exists(picture) || !alike(small, ImageIO.read(picture.toFile()))) {
                stale.add(name);
            }
        }
        stale.forEach(System.out::println);
        System.exit(stale.isEmpty() ? 0 : 1);
    }

    private static BufferedImage small(BufferedImage whole) {
        int width = whole.getWidth() / 3;
        int height = whole.getHeight() / 3;
        BufferedImage small = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Image scaled = whole.getScaledInstance(width, height, Image.SCALE_AREA_AVERAGING);
        small.getGraphics().drawImage(scaled, 0, 0, null);
        return small;
    }

    private static boolean alike(BufferedImage one, BufferedImage other) {
        if (one.getWidth() != other.getWidth() || one.getHeight() != other.getHeight()) {
            return false;
        }
        for (int y = 0; y < one.getHeight(); y++) {
            for (int x = 0; x < one.getWidth(); x++) {
                if (distance(one.getRGB(x, y), other.getRGB(x, y)) > TOLERANCE) {
                    return false;
                }
            }
        }
        return true;
    }

    /** The largest difference of red, green and blue. */
    private static int distance(int one, int other) {
        int largest = 0;
        for (int shift : new int[] {0, 8, 16}) {
            largest = Math.max(largest, Math.abs((one >> shift & 0xff) - (other >> shift & 0xff)));
        }
        return largest;
    }
}
