package org.wardkey.app.keys

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.wardkey.app.boundary.BoundaryWorld
import org.wardkey.app.fakes.JvmKeys
import kotlin.time.Duration.Companion.seconds

/** In Android's world, which the handling of uncaught errors asks for its version. */
@RunWith(RobolectricTestRunner::class)
internal class EscapedErrorTest {
    /**
     * An Error out of a callback never reaches the core, which waits on. Hence each implementation turns
     * every Throwable into its declared exception: see the tests of AndroidKeys and ActivityUser. Shown as it
     * is, so that whoever updates uniffi learns when it has gone.
     */
    @Test
    fun `an Error leaves the core waiting, but not beyond cancellation`() = runBlocking {
        val escaped = CompletableDeferred<Throwable>()
        val before = Thread.getDefaultUncaughtExceptionHandler()
        Thread.setDefaultUncaughtExceptionHandler { thread, thrown ->
            if (thrown is NotImplementedError) escaped.complete(thrown) else before?.uncaughtException(thread, thrown)
        }
        val world = BoundaryWorld()
        try {
            val keys = JvmKeys(beforeSign = { throw NotImplementedError("an Error") })
            val ceremony = async(Dispatchers.Default) { world.register(keys) }
            val thrown = withTimeout(30.seconds) { escaped.await() }
            assertTrue("$thrown", thrown is NotImplementedError)
            assertFalse(ceremony.isCompleted)
            ceremony.cancelAndJoin()
            assertTrue("the key went with the ceremony", keys.aliases().isEmpty())
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before)
        }
        val keys = JvmKeys()
        world.register(keys)
        assertTrue(world.signIn(keys).isNotEmpty())
    }
}
