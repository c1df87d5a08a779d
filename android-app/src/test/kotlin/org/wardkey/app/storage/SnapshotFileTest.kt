package org.wardkey.app.storage

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.wardkey.app.OneFileTest
import org.wardkey.app.boundary.failureOf
import org.wardkey.core.StorageFailure
import java.io.File
import java.nio.file.Path
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds

internal class SnapshotFileTest : OneFileTest("passkeys") {
    private val storage by lazy { SnapshotFile(file) }

    @Test
    fun `there is nothing before the first save`() = runBlocking { assertNull(storage.load()) }

    @Test
    fun `gives back what was saved last, whatever its length`() = runBlocking {
        val random = Random(7)
        for (length in listOf(0, 1, 4096, 3, 200_000)) {
            val snapshot = random.nextBytes(length)
            storage.replace(snapshot)
            assertArrayEquals(snapshot, storage.load())
            assertArrayEquals("in another process", snapshot, SnapshotFile(file).load())
        }
        assertEquals("nothing else is left", listOf("passkeys"), folder.root.list().orEmpty().toList())
    }

    @Test
    fun `a write that was cut short changes nothing, and the next one succeeds`() = runBlocking {
        storage.replace(byteArrayOf(1, 2, 3))
        File(folder.root, "passkeys.new").writeBytes(byteArrayOf(9))
        assertArrayEquals(byteArrayOf(1, 2, 3), storage.load())
        storage.replace(byteArrayOf(4))
        assertArrayEquals(byteArrayOf(4), storage.load())
    }

    @Test
    fun `a write that fails keeps the old snapshot and says which file and why`() = runBlocking {
        storage.replace(byteArrayOf(1, 2, 3))
        assertTrue("in the way of the new one", File(folder.root, "passkeys.new").mkdir())
        val failure = failureOf<StorageFailure.Failed> { runBlocking { storage.replace(byteArrayOf(4)) } }
        assertTrue(failure.detail, failure.detail.startsWith("passkeys could not be written: FileNotFound"))
        assertArrayEquals(byteArrayOf(1, 2, 3), storage.load())
    }

    @Test
    fun `what is there but cannot be read is a failure, not an empty phone`() = runBlocking {
        assertTrue("a folder in its place", file.mkdir())
        val failure = failureOf<StorageFailure.Failed> { runBlocking { storage.load() } }
        assertTrue(failure.detail, failure.detail.startsWith("passkeys could not be read: "))
    }

    @Test
    fun `a folder that does not exist is a failure to write`() = runBlocking {
        val nowhere = SnapshotFile(File(folder.root, "missing/passkeys"))
        assertNull(nowhere.load())
        val failure = failureOf<StorageFailure.Failed> { runBlocking { nowhere.replace(byteArrayOf(1)) } }
        assertTrue(failure.detail, failure.detail.startsWith("passkeys could not be written: "))
    }

    /** The core would wait for ever for an answer that is neither. */
    @Test
    fun `an Error comes out as a failure too`() = runBlocking {
        val broken = SnapshotFile(object : File(file.path) {
            override fun toPath() = throw OutOfMemoryError("no memory")
        })
        val failures = listOf(
            failureOf<StorageFailure.Failed> { runBlocking { broken.load() } },
            failureOf<StorageFailure.Failed> { runBlocking { broken.replace(byteArrayOf(1)) } },
        )
        val expected = listOf("read", "written").map {
            "passkeys could not be $it: OutOfMemoryError: no memory"
        }
        assertEquals(expected, failures.map { it.detail })
    }

    /** A disk that hangs whenever the file is touched, until [mended]. */
    private class HangingFile(path: String) : File(path) {
        val mended = CountDownLatch(1)
        val reached = CountDownLatch(1)

        override fun toPath(): Path {
            reached.countDown()
            check(mended.await(10, TimeUnit.SECONDS)) { "nobody mended it" }
            return super.toPath()
        }
    }

    private val silent = "the phone's storage does not answer"

    @Test
    fun `a disk that hangs is a failure, and what it was given first is made later`() = runBlocking {
        storage.replace(byteArrayOf(1))
        val hanging = HangingFile(file.path)
        val slow = SnapshotFile(hanging, patience = 50.milliseconds)
        val failures = listOf(
            failureOf<StorageFailure.Failed> { runBlocking { slow.replace(byteArrayOf(2)) } },
            // Neither the old snapshot, which may yet be replaced, nor the new one, which may yet fail.
            failureOf<StorageFailure.Failed> { runBlocking { slow.load() } },
            failureOf<StorageFailure.Failed> { runBlocking { slow.replace(byteArrayOf(3)) } },
        )
        val expected = listOf("written", "read", "written").map { "passkeys could not be $it: $silent" }
        assertEquals(expected, failures.map { it.detail })
        hanging.mended.countDown()
        assertArrayEquals("begun, so made; the other never was", byteArrayOf(2), patient { slow.load() })
        patient { slow.replace(byteArrayOf(4)) }
        assertArrayEquals(byteArrayOf(4), patient { slow.load() })
    }

    @Test
    fun `whoever is cancelled while the disk hangs does not wait, and their write is made`() = runBlocking {
        val hanging = HangingFile(file.path)
        val slow = SnapshotFile(hanging)
        val writing = launch(Dispatchers.IO) { slow.replace(byteArrayOf(1)) }
        withContext(Dispatchers.IO) { hanging.reached.await() }
        writing.cancelAndJoin()
        hanging.mended.countDown()
        assertArrayEquals(byteArrayOf(1), slow.load())
    }

    /** What begins while the last write still has its turn may run out of the short patience; so may a busy disk. */
    private suspend fun <T> patient(work: suspend () -> T): T {
        while (true) {
            try {
                return work()
            } catch (failure: StorageFailure.Failed) {
                assertTrue(failure.detail, failure.detail.endsWith(silent))
            }
        }
    }
}
