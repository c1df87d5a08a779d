package org.wardkey.app.screens

import android.content.Context
import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.view.WindowInsets
import android.view.WindowInsets.Type
import androidx.annotation.LayoutRes
import org.wardkey.app.BuildVariant
import org.wardkey.app.R

/**
 * What every screen stands in: it keeps clear of the system's bars, scrolls when large text or a small screen
 * asks for it, and bears the banner of a debug build.
 *
 * @property frame to be shown
 * @property content the inflated layout within it
 */
internal class ScreenFrame private constructor(val frame: View, val content: View) {
    companion object {
        fun around(context: Context, @LayoutRes layout: Int): ScreenFrame {
            val inflater = LayoutInflater.from(context)
            val frame = inflater.inflate(R.layout.screen, null)
            if (BuildVariant.of(context) == BuildVariant.DEBUG) {
                frame.requireViewById<View>(R.id.debug_banner).visibility = View.VISIBLE
            }
            frame.setOnApplyWindowInsetsListener(::keepClear)
            val place = frame.requireViewById<ViewGroup>(R.id.screen_content)
            return ScreenFrame(frame, inflater.inflate(layout, place, false).also(place::addView))
        }

        /** Of the bars and the cutout, under which windows reach since Android 15, and of the keyboard. */
        private fun keepClear(frame: View, insets: WindowInsets): WindowInsets {
            val covered = insets.getInsets(Type.systemBars() or Type.displayCutout() or Type.ime())
            frame.setPadding(covered.left, covered.top, covered.right, covered.bottom)
            return WindowInsets.CONSUMED
        }
    }
}
